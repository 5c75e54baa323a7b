// starlingd: one node. Exit codes: 0 stopped when asked to, 1 something failed, 2 wrong usage.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/log.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/data_directory.h"
#include "daemon/descriptor_limit.h"
#include "daemon/memory_plan.h"
#include "daemon/settings.h"
#include "net/system_clock.h"

namespace starling {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

int fail(const Status& status) {
  static_cast<void>(std::fprintf(stderr, "starlingd: %s\n", status.message().c_str()));
  return status.code() == StatusCode::Usage ? kExitUsage : kExitFailure;
}

std::vector<std::string> environment_of_process() {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  return variables;
}

void fit_clients(MemoryPlan& memory, Log& log) {
  const std::uint64_t descriptors = raise_descriptor_limit();
  const std::size_t clients = clients_within(descriptors, memory.clients);
  if (clients == memory.clients) return;
  log.warning("only " + std::to_string(clients) + " of " + std::to_string(memory.clients) +
              " clients may connect: the limit of open files is " + std::to_string(descriptors) +
              " (ulimit -n, LimitNOFILE=)");
  memory.clients = clients;
}

// One daemon after the other: an old copy of the store makes room for an empty one.
Status serve(DaemonSettings settings, Log& log) {
  while (true) {
    auto daemon = std::make_unique<Daemon>(std::move(settings), log);
    STARLING_RETURN_IF_ERROR(daemon->start());
    Status outcome = daemon->run();
    if (!daemon->must_set_store_aside()) return outcome;
    settings = daemon->settings();
    daemon.reset();  // closes the database
    STARLING_ASSIGN_OR_RETURN(moved, const std::string aside,
                              set_store_aside(settings.data_dir, SystemClock().wall_now()));
    log.error("an old copy of the store had been put back; it was moved to '" + aside +
              "' and is kept. This node goes on with an empty store, which the other members fill "
              "where they hold another copy of all and a majority of the voters can be reached: "
              "see cluster status");
  }
}

int run(const std::vector<std::string>& arguments) {
  Result<LoadedSettings> configuration = load_configuration(arguments, environment_of_process());
  if (!configuration.ok()) return fail(configuration.status());
  if (!configuration->print.empty()) {
    static_cast<void>(std::fputs(configuration->print.c_str(), stdout));
    return 0;
  }
  const std::unique_ptr<Log> log = make_standard_error_log(configuration->settings.log_level);
  for (const std::string& warning : configuration->warnings) log->warning(warning);
  fit_clients(configuration->settings.memory, *log);
  if (const char* const socket = std::getenv("NOTIFY_SOCKET"); socket != nullptr) {
    configuration->settings.notify_socket = socket;
  }
  const Status outcome = serve(std::move(configuration->settings), *log);
  return outcome.ok() ? 0 : fail(outcome);
}

}  // namespace
}  // namespace starling

// NOLINTNEXTLINE(bugprone-exception-escape): memory that ran out here ends the process, rightly.
int main(int count, char** arguments) {
  return starling::run(std::vector<std::string>(arguments + 1, arguments + count));
}
