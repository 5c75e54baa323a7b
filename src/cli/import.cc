#include "cli/import.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <istream>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/line_queue.h"
#include "cli/output.h"
#include "cli/transfer_ledger.h"
#include "cli/transfer_line.h"

namespace starling::cli {
namespace {

// Enough requests in flight to fill a group commit; more connections gain little on one machine.
constexpr std::size_t kWriters = 16;
// Between two tries of a line that was refused without being applied.
constexpr std::chrono::milliseconds kRetryPause{50};

// Writes the lines of one queue with a connection of its own.
class Writer {
 public:
  Writer(const Invocation& invocation, const ImportCommand& command, TransferLedger& ledger)
      : invocation_(invocation),
        command_(command),
        ledger_(ledger),
        client_({.endpoints = invocation.endpoints, .routing = Routing::Endpoints, .rounds = 1}) {}

  void run(LineQueue& queue) {
    while (std::optional<ImportLine> line = queue.pop()) {
      if (ledger_.is_stopped()) continue;
      const Status written = write_patiently(line->record);
      if (written.ok()) {
        ledger_.count_done();
      } else {
        ledger_.count_failure("line " + std::to_string(line->number), written);
      }
    }
  }

 private:
  // Tries again, within the timeout, what certainly was not applied: a node may just be restarting.
  Status write_patiently(const TransferRecord& record) {
    const auto deadline = std::chrono::steady_clock::now() + invocation_.timeout;
    while (true) {
      Status written = write(record);
      const bool again =
          is_retryable(written.code()) && std::chrono::steady_clock::now() + kRetryPause < deadline;
      if (!again) return written;
      std::this_thread::sleep_for(kRetryPause);
    }
  }

  Status write(const TransferRecord& record) {
    WriteOptions options{.w = command_.w, .content_type = record.content_type};
    options.timeout = invocation_.timeout;
    if (command_.mode == ImportMode::Overwrite) {
      const ReadOptions read_options{.r = command_.r, .timeout = invocation_.timeout};
      STARLING_ASSIGN_OR_RETURN(got, ReadResult read,
                                client_.get(command_.bucket, record.key, read_options));
      options.context = std::move(read.context);
    }
    return client_.put(command_.bucket, record.key, record.value, options).status();
  }

  const Invocation& invocation_;
  const ImportCommand& command_;
  TransferLedger& ledger_;
  Client client_;
};

// Reads all lines and hands each to the queue of its key.
void read_lines(std::istream& in, std::array<LineQueue, kWriters>& queues, TransferLedger& ledger) {
  std::string text;
  for (std::uint64_t number = 1; !ledger.is_stopped() && std::getline(in, text); ++number) {
    if (text.empty()) continue;
    Result<TransferRecord> record = parse_transfer_line(text);
    if (!record.ok()) {
      ledger.count_failure("line " + std::to_string(number), record.status());
      continue;
    }
    LineQueue& queue = queues[hash64(record->key) % kWriters];
    queue.push({.number = number, .record = *std::move(record)});
  }
  if (in.bad()) ledger.stop(Status(StatusCode::Failure, "the input can not be read any further"));
}

TransferReport import_lines(const Invocation& invocation, const ImportCommand& command,
                            std::istream& in, Console& console) {
  TransferLedger ledger(console, command.bucket, "imported");
  std::array<LineQueue, kWriters> queues;
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (LineQueue& queue : queues) {
    writers.emplace_back([&] { Writer(invocation, command, ledger).run(queue); });
  }
  read_lines(in, queues, ledger);
  for (LineQueue& queue : queues) queue.close();
  for (std::thread& writer : writers) writer.join();
  return ledger.report();
}

}  // namespace

int run_import(const Invocation& invocation, const ImportCommand& command, Console& console) {
  const Form form = form_of(invocation, console);
  const Status bucket = check_bucket(command.bucket);
  if (!bucket.ok()) return print(console, failure_output(form, bucket));
  if (command.file == "-") {
    return print(console,
                 transfer_output(form, import_lines(invocation, command, console.in, console)));
  }
  std::ifstream file(command.file, std::ios::binary);
  if (!file.is_open()) {
    const Status status(StatusCode::Usage, "cannot read '" + command.file +
                                               "': " + std::generic_category().message(errno));
    return print(console, failure_output(form, status));
  }
  return print(console, transfer_output(form, import_lines(invocation, command, file, console)));
}

}  // namespace starling::cli
