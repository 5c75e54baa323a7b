#pragma once

// Words: a command line as CLI11 files it, before it is understood: what was typed, or the default
// that holds where nothing was. And how they are understood.

#include <cstdint>
#include <optional>
#include <string>

#include "starling/result.h"

#include "cli/bench_words.h"
#include "cli/command.h"

namespace starling::cli {

struct Words : Defaults {
  bool json = false;
  std::string bucket;
  std::string key;
  std::string value;
  std::string file;
  std::string context;
  std::string content_type;
  std::string prefix;
  std::string after;
  std::string ring_key;
  std::optional<std::uint64_t> limit;
  bool blind = false;
  bool keep_going = false;
  BenchWords bench;
  bool sloppy = false;
  bool trace = false;
  bool wait = false;
  std::optional<std::uint32_t> partition;
  bool dry_run = false;
  std::string member;
  std::string plan;
  std::string address;
  std::string zone;
  bool yes = false;
  std::string later;  // the last word that belongs to a later version
  std::string later_value;
};

// What they mean, command by command. Errors: Usage, with the option that is wrong.
[[nodiscard]] Result<Command> put_of(const Words& words);
[[nodiscard]] Result<Command> get_of(const Words& words);
[[nodiscard]] Result<Command> delete_of(const Words& words);
[[nodiscard]] Result<Command> keys_of(const Words& words);
[[nodiscard]] Result<Command> import_of(const Words& words);
[[nodiscard]] Result<Command> export_of(const Words& words);
[[nodiscard]] Result<Command> bench_of(const Words& words);
[[nodiscard]] Result<Command> ring_of(const Words& words);
[[nodiscard]] Result<Command> repair_of(const Words& words);
[[nodiscard]] Result<Command> shell_of(const Words& words);
// Nothing: what suits who reads.
[[nodiscard]] Result<std::optional<Form>> form_of(const Words& words);

}  // namespace starling::cli
