#include "cli/export.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <ios>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/transfer_ledger.h"
#include "cli/transfer_line.h"

namespace starling::cli {
namespace {

constexpr std::size_t kReaders = 8;
// Values held at once: 32 of the greatest are half a gigabyte.
constexpr std::size_t kBatchKeys = 32;

class Exporter {
 public:
  Exporter(const Invocation& invocation, const ExportCommand& command, std::ostream& to,
           Console& console)
      : invocation_(invocation),
        command_(command),
        to_(to),
        ledger_(console, command.bucket, "exported") {
    for (std::size_t reader = 0; reader < kReaders; ++reader) {
      clients_.emplace_back(ClientOptions{
          .endpoints = invocation.endpoints, .routing = Routing::Endpoints, .rounds = 1});
    }
  }

  TransferReport run() {
    KeysOptions options{.prefix = command_.prefix, .r = command_.r};
    options.timeout = invocation_.timeout;
    const Status listed =
        clients_.front().each_key(command_.bucket, options, [this](const std::string& key) {
          batch_.push_back(key);
          return batch_.size() < kBatchKeys || export_batch();
        });
    if (listed.ok() && !ledger_.is_stopped()) export_batch();
    if (!listed.ok()) ledger_.stop(listed);
    return ledger_.report();
  }

 private:
  // Returns whether to go on.
  bool export_batch() {
    const std::vector<Result<ReadResult>> reads = read_batch();
    for (std::size_t index = 0; index < batch_.size(); ++index) {
      write(batch_[index], reads[index]);
    }
    batch_.clear();
    to_.flush();
    if (!to_.good()) {
      ledger_.stop(Status(StatusCode::Failure, "the output can not be written any further"));
    }
    return !ledger_.is_stopped();
  }

  std::vector<Result<ReadResult>> read_batch() {
    std::vector<Result<ReadResult>> reads(batch_.size(), Result<ReadResult>(ReadResult{}));
    std::atomic<std::size_t> next = 0;
    const auto read_some = [&](Client& client) {
      for (std::size_t index = next++; index < batch_.size(); index = next++) {
        reads[index] = client.get(command_.bucket, batch_[index],
                                  {.r = command_.r, .timeout = invocation_.timeout});
      }
    };
    std::vector<std::thread> readers;
    const std::size_t useful = std::min(kReaders, batch_.size());
    readers.reserve(useful);
    for (std::size_t reader = 0; reader < useful; ++reader) {
      readers.emplace_back([&, reader] { read_some(clients_[reader]); });
    }
    for (std::thread& reader : readers) reader.join();
    return reads;
  }

  void write(const std::string& key, const Result<ReadResult>& read) {
    if (!read.ok()) return ledger_.count_failure("key " + key, read.status());
    // Deleted since it was listed: it is no part of the bucket any more.
    if (!read->found()) return;
    if (read->siblings.size() > 1) {
      return ledger_.count_failure(
          "key " + key, Status(StatusCode::Conflict, std::to_string(read->siblings.size()) +
                                                         " concurrent values, none exported"));
    }
    const SiblingValue& value = read->siblings.front();
    to_ << transfer_line({.key = key, .value = value.value, .content_type = value.content_type})
        << '\n';
    ledger_.count_done();
  }

  const Invocation& invocation_;
  const ExportCommand& command_;
  std::ostream& to_;
  TransferLedger ledger_;
  std::vector<Client> clients_;
  std::vector<std::string> batch_;
};

}  // namespace

int run_export(const Invocation& invocation, const ExportCommand& command, Console& console) {
  const Form form = form_of(invocation, console);
  if (command.file == "-") {
    const TransferReport report = Exporter(invocation, command, console.out, console).run();
    // Standard output belongs to the lines: the report goes to people.
    return print(console, transfer_output(Form::Table, report));
  }
  std::ofstream file(command.file, std::ios::binary | std::ios::trunc);
  if (!file.is_open()) {
    const Status status(StatusCode::Usage, "cannot write '" + command.file +
                                               "': " + std::generic_category().message(errno));
    return print(console, failure_output(form, status));
  }
  return print(console, transfer_output(form, Exporter(invocation, command, file, console).run()));
}

}  // namespace starling::cli
