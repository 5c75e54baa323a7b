#include "cli/export.h"

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <ios>
#include <ostream>
#include <string>
#include <system_error>
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

// Values held at once: 32 of the greatest are half a gigabyte.
constexpr std::size_t kBatchKeys = 32;

class Exporter {
 public:
  Exporter(const Invocation& invocation, const ExportCommand& command, std::ostream& to,
           Console& console)
      : invocation_(invocation),
        command_(command),
        to_(to),
        console_(console),
        ledger_(console, command.bucket, "exported"),
        client_({.endpoints = invocation.endpoints}) {}

  TransferReport run() {
    KeysOptions options{.prefix = command_.prefix, .r = command_.r};
    options.timeout = invocation_.timeout;
    const Status listed =
        client_.each_key(command_.bucket, options, [this](const std::string& key) {
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
    if (console_.is_interrupted && console_.is_interrupted()) ledger_.stop(interrupted());
    to_.flush();
    if (!to_.good()) {
      ledger_.stop(Status(StatusCode::Failure, "the output can not be written any further"));
    }
    return !ledger_.is_stopped();
  }

  std::vector<Result<ReadResult>> read_batch() {
    std::vector<KeyRef> keys;
    keys.reserve(batch_.size());
    for (const std::string& key : batch_) keys.push_back({.bucket = command_.bucket, .key = key});
    return client_.get_many(keys, {.r = command_.r, .timeout = invocation_.timeout});
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
  const Console& console_;
  TransferLedger ledger_;
  Client client_;
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
