#include "cli/output.h"

#include <cstddef>
#include <string>
#include <utility>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/trace_lines.h"
#include "json/answer_json.h"

namespace starling::cli {
namespace {

std::string name_of(const Address& address) {
  return printable(address.bucket + "/" + address.key);
}

KeyRef key_ref_of(const Address& address) {
  return {.bucket = address.bucket, .key = address.key};
}

Output json_output(std::string json) {
  return {.out = std::move(json) + "\n", .err = {}, .exit_code = 0};
}

Output not_found(const Address& address) {
  return {.out = {},
          .err = "starling: " + name_of(address) + ": not found\n",
          .exit_code = exit_code_of(StatusCode::NotFound)};
}

// One value was asked for and there are several: choosing one would lose the others in silence.
Output conflict(const Address& address, std::size_t siblings) {
  const std::string words = printable(address.bucket + " " + address.key);
  return {.out = {},
          .err = "starling: " + name_of(address) + " holds " + std::to_string(siblings) +
                 " concurrent values: see them with 'starling get " + words +
                 " --json', and replace them with 'starling put " + words +
                 " VALUE --context CONTEXT'\n",
          .exit_code = exit_code_of(StatusCode::Conflict)};
}

Output raw_get(const Address& address, const ReadResult& read) {
  if (!read.found()) return not_found(address);
  if (read.siblings.size() > 1) return conflict(address, read.siblings.size());
  return {.out = read.siblings.front().value, .err = {}, .exit_code = 0};
}

Output table_get(const Address& address, const ReadResult& read) {
  if (!read.found()) return not_found(address);
  return {.out = table_of(name_of(address), read), .err = {}, .exit_code = 0};
}

Output json_get(const Address& address, const ReadResult& read) {
  Output output = json_output(json_of(key_ref_of(address), read));
  if (!read.found()) output.exit_code = exit_code_of(StatusCode::NotFound);
  return output;
}

std::string sibling_notice(const Address& address, const WriteResult& written) {
  if (written.siblings < 2) return {};
  return "starling: " + name_of(address) + " now holds " + std::to_string(written.siblings) +
         " concurrent values\n";
}

Output text_output(std::string text) {
  return {.out = std::move(text), .err = {}, .exit_code = 0};
}

}  // namespace

Output failure_output(Form form, const Status& status) {
  Output output{.out = {}, .err = {}, .exit_code = exit_code_of(status.code())};
  if (form == Form::Json) {
    output.out = json_of(status) + "\n";
  } else {
    output.err = "starling: " + printable(status.to_string()) + "\n";
  }
  return output;
}

Output get_output(Form form, const Address& address, const ReadResult& read) {
  switch (form) {
    case Form::Json:
      return json_get(address, read);
    case Form::Raw:
      return raw_get(address, read);
    case Form::Table:
      break;
  }
  return table_get(address, read);
}

Output write_output(Form form, const Address& address, const WriteResult& written) {
  if (form == Form::Json) return json_output(json_of(key_ref_of(address), written));
  Output output;
  output.err = sibling_notice(address, written);
  if (form == Form::Table) output.out = table_of(name_of(address), written);
  // The context alone, for a script to keep.
  if (form == Form::Raw && !written.context.empty()) output.out = written.context + "\n";
  return output;
}

Output with_timeline(Output output, Form form, const Trace& trace) {
  if (form != Form::Json) output.err += trace_lines(trace);
  return output;
}

std::string key_line(Form form, const std::string& key) {
  switch (form) {
    case Form::Json:
      return json_of_key(key) + "\n";
    case Form::Raw:
      return key + "\n";
    case Form::Table:
      break;
  }
  return printable(key) + "\n";
}

Output status_output(Form form, const ClusterStatus& status) {
  if (form == Form::Json) return json_output(json_of(status));
  return text_output(table_of(status));
}

Output ring_output(Form form, const RingTable& ring) {
  if (form == Form::Json) return json_output(json_of(ring));
  return text_output(table_of(ring));
}

Output ownership_output(Form form, const PartitionOwnership& ownership) {
  if (form == Form::Json) return json_output(json_of(ownership));
  return text_output(table_of(ownership));
}

Output digest_output(Form form, const DigestTable& digest) {
  if (form == Form::Json) return json_output(json_of(digest));
  return text_output(table_of(digest));
}

Output tasks_output(Form form, const TaskList& list) {
  if (form == Form::Json) return json_output(json_of(list));
  return text_output(table_of(list));
}

Output repair_output(Form form, const RepairRun& run, const RepairReport& report) {
  Output output =
      form == Form::Json ? json_output(json_of(run, report)) : text_output(table_of(run, report));
  if (!report.is_whole()) output.exit_code = 1;
  return output;
}

Output change_output(Form form, ChangeStep step, const ChangeReport& report) {
  if (form == Form::Json) return json_output(json_of(report));
  if (step == ChangeStep::Abort) {
    std::string text;
    for (const std::string& change : report.changes) {
      text += "taken back: " + printable(change) + "\n";
    }
    for (const std::string& line : report.under_way) {
      text += "goes on, and can not be taken back: " + printable(line) + "\n";
    }
    return text_output(std::move(text));
  }
  Output output = text_output(table_of(report));
  if (report.plan.empty()) return output;
  output.err = "nothing is done yet: starling cluster commit " + report.plan +
               " begins it, starling cluster abort takes it back\n";
  return output;
}

Output commit_output(Form form, const ChangeReport& report) {
  if (form == Form::Json) return json_output(json_of(report));
  std::string text;
  for (const std::string& change : report.changes) {
    text += "committed: " + printable(change) + "\n";
  }
  Output output = text_output(std::move(text));
  output.err = "it goes on by itself: starling cluster tasks --wait waits for its end\n";
  return output;
}

Output node_output(Form form, const NodeStatus& node) {
  if (form == Form::Json) return json_output(json_of(node));
  return text_output(table_of(node));
}

Output transfer_output(Form form, const TransferReport& report) {
  Output output;
  output.exit_code = report.worst_exit_code;
  if (form == Form::Json) {
    output.out = json_of(report) + "\n";
    return output;
  }
  output.err = report.verb + " " + std::to_string(report.done) + ", failed " +
               std::to_string(report.failed) + "\n";
  if (!report.stopped.ok()) {
    output.err += "starling: stopped early: " + printable(report.stopped.to_string()) + "\n";
  }
  return output;
}

}  // namespace starling::cli
