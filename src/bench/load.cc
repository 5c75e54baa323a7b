#include "bench/load.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "bench/insert_log.h"
#include "bench/key_chooser.h"
#include "bench/load_client.h"
#include "bench/load_options.h"
#include "bench/loading.h"
#include "bench/member_watch.h"
#include "bench/pace.h"
#include "bench/record_share.h"
#include "bench/value_pool.h"

namespace starling::bench {
namespace {

// How often failed operations are followed by others, and progress is told.
constexpr std::chrono::milliseconds kTick{50};
// When nothing has succeeded for this long and one timeout, nothing will.
constexpr std::chrono::seconds kPatience{10};

class Load {
 public:
  Load(const LoadOptions& options, const LoadEvents& events, MemberWatch& watch)
      : options_(options),
        events_(events),
        watch_(watch),
        random_(std::random_device()()),
        values_(options.value_size, random_.fork("values")),
        shared_{.options = options,
                .values = values_,
                .run = static_cast<std::uint32_t>(random_.fork("run").next())} {
    if (options.operations.has_value()) {
      shared_.operations_left =
          static_cast<std::int64_t>(std::min<std::uint64_t>(*options.operations, INT64_MAX));
    }
  }

  Result<LoadReport> run() {
    STARLING_ASSIGN_OR_RETURN(loaded, std::vector<RecordShare> shares, load());
    make_clients(std::move(shares));
    const std::optional<std::uint64_t> before = watch_.cpu_used();
    LoadReport report{.workload = options_.workload.name,
                      .clients = options_.clients,
                      .pipeline = options_.pipeline};
    begun_ = Clock::now();
    for (std::uint32_t number = 0; number < options_.clients; ++number) {
      clients_[number]->begin(pace_of(number));
    }
    report.stopped = keep_busy();
    const Clock::time_point end = Clock::now();
    for (const auto& client : clients_) client->stop();
    drain();
    report.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    const std::optional<std::uint64_t> after = watch_.cpu_used();
    const bool cut_short = options_.operations.has_value();
    for (const auto& client : clients_) {
      report.counts.merge(client->counts());
      if (!cut_short) report.not_begun += client->overdue(end);
    }
    const std::uint64_t succeeded = report.counts.succeeded();
    if (before.has_value() && after.has_value() && succeeded > 0) {
      report.server_cpu_us_per_operation =
          static_cast<double>(*after - *before) / static_cast<double>(succeeded);
    }
    return report;
  }

 private:
  Result<std::vector<RecordShare>> load() {
    std::vector<RecordShare> shares;
    shares.reserve(options_.clients);
    for (std::uint32_t number = 0; number < options_.clients; ++number) {
      shares.emplace_back(options_.records, number, options_.clients);
    }
    Client loader({.endpoints = watch_.addresses()});
    STARLING_RETURN_IF_ERROR(load_records(loader, options_, values_, random_.fork("loading"),
                                          shares, events_.on_loading));
    return shares;
  }

  void make_clients(std::vector<RecordShare> shares) {
    const KeyChooser chooser(options_.workload.distribution,
                             std::max<std::uint64_t>(options_.records, 1));
    for (std::uint32_t number = 0; number < options_.clients; ++number) {
      shared_.inserts.push_back(std::make_unique<InsertLog>());
    }
    for (std::uint32_t number = 0; number < options_.clients; ++number) {
      clients_.push_back(std::make_unique<LoadClient>(shared_, number, where(number), chooser,
                                                      std::move(shares[number]), random_));
    }
  }

  // One connection a client, spread over the members. Only where a member does not own every key
  // does a client keep one to each of them, since a wrong one would cost a hop.
  [[nodiscard]] ClientOptions where(std::uint32_t number) const {
    const std::vector<std::string>& all = watch_.addresses();
    if (!watch_.every_member_owns_all()) return {.endpoints = all, .rounds = 1};
    return {.endpoints = {all[number % all.size()]}, .routing = Routing::Endpoints, .rounds = 1};
  }

  [[nodiscard]] Pace pace_of(std::uint32_t number) const {
    if (!options_.rate.has_value()) return {};
    return {*options_.rate, number, options_.clients, begun_};
  }

  // Until the end, whichever it is.
  Status keep_busy() {
    Clock::time_point tick = begun_ + kTick;
    Clock::time_point last_success = begun_;
    std::uint64_t succeeded = 0;
    while (true) {
      std::this_thread::sleep_until(next_look(tick));
      const Clock::time_point now = Clock::now();
      if (options_.duration.has_value() && now >= begun_ + *options_.duration) return {};
      const bool told = now >= tick;
      for (const auto& client : clients_) {
        if (told || is_due(*client, now)) client->proceed();
      }
      if (!told) continue;
      tick = now + kTick;
      const LoadClient::Progress progress = sum();
      events_.on_running(std::chrono::duration<double>(now - begun_).count(), progress.succeeded,
                         progress.failed);
      if (shared_.operations_left <= 0 && progress.under_way == 0) return {};
      if (std::exchange(succeeded, progress.succeeded) != progress.succeeded) last_success = now;
      if (now - last_success > kPatience + options_.timeout) {
        return {StatusCode::Unavailable, "nothing has succeeded for a while"};
      }
    }
  }

  [[nodiscard]] Clock::time_point next_look(Clock::time_point tick) const {
    Clock::time_point look = tick;
    if (options_.duration.has_value()) look = std::min(look, begun_ + *options_.duration);
    if (!options_.rate.has_value()) return look;
    for (const auto& client : clients_) look = std::min(look, client->next_due().value_or(look));
    return look;
  }

  [[nodiscard]] static bool is_due(const LoadClient& client, Clock::time_point now) {
    const std::optional<Clock::time_point> due = client.next_due();
    return due.has_value() && *due <= now;
  }

  void drain() const {
    while (sum().under_way > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  [[nodiscard]] LoadClient::Progress sum() const {
    LoadClient::Progress all;
    for (const auto& client : clients_) {
      const LoadClient::Progress one = client->progress();
      all.succeeded += one.succeeded;
      all.failed += one.failed;
      all.under_way += one.under_way;
    }
    return all;
  }

  const LoadOptions& options_;
  const LoadEvents& events_;
  MemberWatch& watch_;
  Random random_;
  ValuePool values_;
  LoadShared shared_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  Clock::time_point begun_;
};

}  // namespace

Result<LoadReport> run_load(const LoadOptions& options, const LoadEvents& events) {
  STARLING_RETURN_IF_ERROR(check(options));
  STARLING_ASSIGN_OR_RETURN(found, MemberWatch watch,
                            MemberWatch::find(options.endpoints, options.timeout));
  return Load(options, events, watch).run();
}

}  // namespace starling::bench
