#pragma once

// Output: what each command prints, in every form, and how the process ends. Pure: from a result to
// text, so that the JSON that others build on is pinned by tests.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "starling/admin.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "cli/command.h"

namespace starling::cli {

struct Output {
  std::string out;  // standard output
  std::string err;  // standard error: messages for people
  int exit_code = 0;
  friend bool operator==(const Output&, const Output&) = default;
};

// An error as it ends a command: JSON on standard output, or a sentence on standard error.
[[nodiscard]] Output failure_output(Form form, const Status& status);

[[nodiscard]] Output get_output(Form form, const Address& address, const ReadResult& read);
[[nodiscard]] Output write_output(Form form, const Address& address, const WriteResult& written);
// Adds the timeline of a request to what is said of it: for people, below their messages. The JSON
// has it already.
[[nodiscard]] Output with_timeline(Output output, Form form, const Trace& trace);
// One line of a listing.
[[nodiscard]] std::string key_line(Form form, const std::string& key);
[[nodiscard]] Output status_output(Form form, const ClusterStatus& status);
[[nodiscard]] Output ring_output(Form form, const RingTable& ring);
[[nodiscard]] Output ownership_output(Form form, const PartitionOwnership& ownership);
[[nodiscard]] Output digest_output(Form form, const DigestTable& digest);
[[nodiscard]] Output tasks_output(Form form, const TaskList& list);
// Exit 1 when the run is not whole.
[[nodiscard]] Output repair_output(Form form, const RepairRun& run, const RepairReport& report);
// Raw and as a table alike: what it is about is for people, and for programs there is JSON.
[[nodiscard]] Output change_output(Form form, ChangeStep step, const ChangeReport& report);
[[nodiscard]] Output commit_output(Form form, const ChangeReport& report);
[[nodiscard]] Output node_output(Form form, const NodeStatus& node);

// What an import or export did.
struct TransferFailure {
  std::string subject;  // "line 7", or a key
  Status status;
};
// Failures beyond this many are counted and were printed as they came, but are not listed again.
inline constexpr std::size_t kListedFailuresMax = 1000;
struct TransferReport {
  std::string bucket;
  std::string verb;  // "imported" or "exported"
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::vector<TransferFailure> failures;  // the first ones
  int worst_exit_code = 0;
  Status stopped;  // why it ended early; ok: it did not
};
[[nodiscard]] Output transfer_output(Form form, const TransferReport& report);

}  // namespace starling::cli
