#pragma once

// What a command line asks for, understood and checked as far as that goes without a server.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "starling/options.h"

#include "bench/load_options.h"

namespace starling::cli {

// How answers are printed: for people, for programs, or the bare thing itself.
enum class Form : std::uint8_t { Table, Json, Raw };

struct Address {
  std::string bucket;
  std::string key;
  friend bool operator==(const Address&, const Address&) = default;
};

struct PutCommand {
  Address address;
  std::string value;  // as on the command line: text, "-" or "@FILE"
  WriteOptions options;
};

struct GetCommand {
  Address address;
  ReadOptions options;
};

struct DeleteCommand {
  Address address;
  DeleteOptions options;
};

struct KeysCommand {
  std::string bucket;
  std::string prefix;
  std::string after;
  std::optional<std::uint64_t> limit;  // nothing: all
  Level r;
  Level pr = Level::none();
};

// Whether an import reads before it writes, and so replaces what is there.
enum class ImportMode : std::uint8_t { Overwrite, Blind };

struct ImportCommand {
  std::string bucket;
  std::string file;  // "-": standard input
  ImportMode mode = ImportMode::Overwrite;
  Level r;
  Level w;
};

struct ExportCommand {
  std::string bucket;
  std::string file;  // "-": standard output
  std::string prefix;
  Level r;
};

// What holds where a command line does not say otherwise, as it would be typed there.
struct Defaults {
  std::string endpoints{};  // empty: STARLING_ENDPOINTS, or else kEndpointDefault
  std::string timeout = "5s";
  std::string form{};  // empty: what suits who reads
  std::string r = "quorum";
  std::string w = "quorum";
  std::string pr = "0";
  std::string pw = "0";
  std::string dw = "0";
};

// What a script does when one of its commands fails.
enum class OnFailure : std::uint8_t { Stop, GoOn };

struct ShellCommand {
  Defaults defaults;   // to begin with
  std::string bucket;  // of commands that name none; empty: each has to
  OnFailure on_failure = OnFailure::Stop;
};

struct BenchCommand {
  bench::LoadOptions options;  // endpoints and timeout are the invocation's
};

struct ClusterStatusCommand {};
struct ClusterRingCommand {
  std::optional<Address> address;
};
struct ClusterDigestCommand {};
struct ClusterTasksCommand {
  bool wait = false;  // until none is left
};
struct ClusterRepairCommand {
  std::optional<std::uint32_t> partition;  // nothing: all of them
  bool dry_run = false;
};
// The orders about the members that name what they are about, or nothing.
enum class ChangeStep : std::uint8_t { Leave, Remove, Plan, Abort, Join, Replace };
struct ClusterChangeCommand {
  ChangeStep step = ChangeStep::Plan;
  std::string member;   // of Leave, Remove and Replace
  std::string address;  // of Join and Replace
  std::string zone{};
};
struct ClusterCommitCommand {
  std::string plan;  // empty: the one that is shown first
  bool yes = false;  // nobody is asked
};
struct NodeInfoCommand {};

using Command =
    std::variant<PutCommand, GetCommand, DeleteCommand, KeysCommand, ImportCommand, ExportCommand,
                 BenchCommand, ClusterStatusCommand, ClusterRingCommand, ClusterDigestCommand,
                 ClusterTasksCommand, ClusterRepairCommand, ClusterChangeCommand,
                 ClusterCommitCommand, NodeInfoCommand, ShellCommand>;

struct Invocation {
  std::vector<std::string> endpoints;
  std::chrono::milliseconds timeout = kTimeoutDefault;
  std::optional<Form> form;  // nothing: Table on a terminal, Raw off it
  Command command;
};

}  // namespace starling::cli
