#include "cli/import.h"

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <ios>
#include <istream>
#include <string>
#include <system_error>
#include <utility>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/import_pipeline.h"
#include "cli/output.h"
#include "cli/transfer_ledger.h"
#include "cli/transfer_line.h"

namespace starling::cli {
namespace {

// Reads all lines and hands them on.
void read_lines(std::istream& in, ImportPipeline& pipeline, TransferLedger& ledger,
                const Console& console) {
  std::string text;
  for (std::uint64_t number = 1; !ledger.is_stopped() && std::getline(in, text); ++number) {
    if (console.is_interrupted && console.is_interrupted()) return ledger.stop(interrupted());
    if (text.empty()) continue;
    Result<TransferRecord> record = parse_transfer_line(text);
    if (record.ok()) {
      pipeline.push({.number = number, .record = *std::move(record)});
    } else {
      ledger.count_failure("line " + std::to_string(number), record.status());
    }
  }
  if (in.bad()) ledger.stop(Status(StatusCode::Failure, "the input can not be read any further"));
}

TransferReport import_lines(const Invocation& invocation, const ImportCommand& command,
                            std::istream& in, Console& console) {
  TransferLedger ledger(console, command.bucket, "imported");
  ImportPipeline pipeline(invocation, command, ledger);
  read_lines(in, pipeline, ledger, console);
  pipeline.finish();
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
