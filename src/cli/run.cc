#include "cli/run.h"

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "cli/arguments.h"
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/commit.h"
#include "cli/console.h"
#include "cli/export.h"
#include "cli/import.h"
#include "cli/output.h"
#include "cli/repair_wait.h"
#include "cli/shell.h"
#include "cli/task_wait.h"

namespace starling::cli {
namespace {

constexpr std::uint32_t kKeysPage = 1000;

// One method a command; each prints its answer and returns the exit code.
class Runner {
 public:
  Runner(const Invocation& invocation, Client& client, Console& console)
      : invocation_(invocation),
        console_(console),
        form_(form_of(invocation, console)),
        client_(client) {}

  int operator()(const PutCommand& command) {
    const Result<std::string> value = value_of(console_, command.value);
    if (!value.ok()) return fail(value.status());
    WriteOptions options = command.options;
    options.timeout = invocation_.timeout;
    const auto written = client_.put(command.address.bucket, command.address.key, *value, options);
    if (!written.ok()) return fail(written.status(), options.trace);
    return tell(write_output(form_, command.address, *written), options.trace, written->trace);
  }

  int operator()(const GetCommand& command) {
    ReadOptions options = command.options;
    options.timeout = invocation_.timeout;
    const auto read = client_.get(command.address.bucket, command.address.key, options);
    if (!read.ok()) return fail(read.status(), options.trace);
    return tell(get_output(form_, command.address, *read), options.trace, read->trace);
  }

  int operator()(const DeleteCommand& command) {
    DeleteOptions options = command.options;
    options.write.timeout = invocation_.timeout;
    const auto written = client_.remove(command.address.bucket, command.address.key, options);
    if (!written.ok()) return fail(written.status(), options.write.trace);
    return tell(write_output(form_, command.address, *written), options.write.trace,
                written->trace);
  }

  int operator()(const KeysCommand& command) {
    KeysOptions options{.prefix = command.prefix, .after = command.after};
    options.r = command.r;
    options.pr = command.pr;
    options.timeout = invocation_.timeout;
    std::uint64_t left = command.limit.value_or(UINT64_MAX);
    if (left < kKeysPage) options.limit = static_cast<std::uint32_t>(left);
    Status ended;
    const Status listed = client_.each_key(command.bucket, options, [&](const std::string& key) {
      if (console_.is_interrupted && console_.is_interrupted()) ended = interrupted();
      if (ended.ok()) console_.out << key_line(form_, key);
      return ended.ok() && --left > 0 && console_.out.good();
    });
    if (!listed.ok()) ended = listed;
    return ended.ok() ? print(console_, {}) : fail(ended);
  }

  int operator()(const ImportCommand& command) {
    return run_import(invocation_, command, console_);
  }
  int operator()(const ExportCommand& command) {
    return run_export(invocation_, command, console_);
  }

  int operator()(const BenchCommand& command) { return run_bench(invocation_, command, console_); }

  int operator()(const ClusterStatusCommand& /*command*/) {
    return answer(client_.cluster_status(invocation_.timeout), status_output);
  }
  int operator()(const ClusterRingCommand& command) {
    if (!command.address.has_value()) {
      return answer(client_.cluster_ring(invocation_.timeout), ring_output);
    }
    return answer(
        client_.cluster_ring_of(command.address->bucket, command.address->key, invocation_.timeout),
        ownership_output);
  }
  int operator()(const ClusterDigestCommand& /*command*/) {
    return answer(client_.cluster_digest(invocation_.timeout), digest_output);
  }
  int operator()(const ClusterTasksCommand& command) {
    if (!command.wait) return answer(client_.cluster_tasks(invocation_.timeout), tasks_output);
    return print(console_, wait_for_tasks(form_, invocation_.timeout, client_, console_));
  }
  int operator()(const ClusterRepairCommand& command) {
    const RepairRun run = client_.new_repair(command.partition, command.dry_run);
    return print(console_, wait_for_repair(form_, invocation_.timeout, run, client_, console_));
  }
  int operator()(const ClusterChangeCommand& command) {
    return answer(ordered(command), [step = command.step](Form form, const ChangeReport& report) {
      return change_output(form, step, report);
    });
  }
  int operator()(const ClusterCommitCommand& command) {
    return print(console_, commit_plan(form_, invocation_.timeout, command, client_, console_));
  }
  int operator()(const NodeInfoCommand& /*command*/) {
    return answer(client_.node_info(invocation_.timeout), node_output);
  }
  int operator()(const ShellCommand& command) { return run_shell(command, console_); }

 private:
  Result<ChangeReport> ordered(const ClusterChangeCommand& command) {
    switch (command.step) {
      case ChangeStep::Leave:
        return client_.cluster_leave(command.member, invocation_.timeout);
      case ChangeStep::Remove:
        return client_.cluster_remove(command.member, invocation_.timeout);
      case ChangeStep::Join:
        return client_.cluster_join(command.address, command.zone, invocation_.timeout);
      case ChangeStep::Replace:
        return client_.cluster_replace(command.member, command.address, command.zone,
                                       invocation_.timeout);
      case ChangeStep::Plan:
        break;
      case ChangeStep::Abort:
        return client_.cluster_abort(invocation_.timeout);
    }
    return client_.cluster_plan(invocation_.timeout);
  }
  template <typename Answer, typename Format>
  int answer(const Result<Answer>& result, const Format& format) {
    return result.ok() ? print(console_, format(form_, *result)) : fail(result.status());
  }
  int fail(const Status& status, bool traced = false) {
    return tell(failure_output(form_, status), traced, status.trace());
  }
  int tell(Output output, bool traced, const Trace& trace) {
    if (traced) output = with_timeline(std::move(output), form_, trace);
    return print(console_, output);
  }

  const Invocation& invocation_;
  Console& console_;
  Form form_;
  Client& client_;
};

}  // namespace

int run(const std::vector<std::string>& words, Console& console) {
  const auto parsed = parse_arguments(words);
  if (!parsed.ok()) {
    const Form form = wants_json(words) ? Form::Json : Form::Table;
    return print(console, failure_output(form, parsed.status()));
  }
  if (const auto* const help = std::get_if<HelpText>(&*parsed)) {
    return print(console, {.out = help->text, .err = {}, .exit_code = 0});
  }
  const auto& invocation = std::get<Invocation>(*parsed);
  Client client(options_of_tool(invocation.endpoints));
  return run_invocation(invocation, client, console);
}

int run_invocation(const Invocation& invocation, Client& client, Console& console) {
  return std::visit(Runner(invocation, client, console), invocation.command);
}

ClientOptions options_of_tool(std::vector<std::string> endpoints) {
  return {.endpoints = std::move(endpoints), .routing = Routing::Endpoints, .rounds = 1};
}

}  // namespace starling::cli
