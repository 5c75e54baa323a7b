#include "starling/update.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "client/checks.h"

namespace starling {
namespace {

using Clock = std::chrono::steady_clock;

// Before a write is tried again that was refused: by then the client has tried other nodes.
constexpr std::chrono::milliseconds kPause{20};

// One update under way.
class Update {
 public:
  Update(Client& client, const KeyRef& key, const UpdateOptions& options)
      : client_(client), key_(key), options_(options), deadline_(Clock::now() + options.timeout) {}

  Result<UpdateResult> run(const Modify& modify) {
    STARLING_RETURN_IF_ERROR(read());
    const std::optional<std::string> changed = modify(read_.value);
    if (!changed.has_value()) {
      return UpdateResult{
          .value = read_.value, .context = read_.context, .siblings = read_.siblings};
    }
    std::string next = *changed;
    while (true) {
      ++attempts_;
      const Result<WriteResult> written = write(next);
      if (!written.ok()) {
        if (may_write_again(written.status())) {
          std::this_thread::sleep_for(kPause);
          continue;
        }
        return failed(written.status());
      }
      is_written_ = true;
      result_ = {.value = next, .context = written->context, .siblings = written->siblings};
      if (!is_worth_settling() || !read().ok()) return result_;
      // Somebody else may have settled it, and has then seen this update's value.
      result_ = {.value = read_.value, .context = read_.context, .siblings = read_.siblings};
      if (read_.siblings <= 1) return result_;
      next = read_.value.value_or(std::string());
    }
  }

 private:
  std::chrono::milliseconds remaining() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
  }

  Status read() {
    if (remaining().count() <= 0) return {StatusCode::Unavailable, "the update ran out of time"};
    const ReadOptions options{.r = options_.r, .timeout = remaining()};
    STARLING_ASSIGN_OR_RETURN(
        got, read_, get_resolved(client_, key_.bucket, key_.key, options_.resolve, options));
    return Status::success();
  }

  Result<WriteResult> write(const std::string& value) {
    if (remaining().count() <= 0) {
      return Status(StatusCode::Unavailable, "the update ran out of time before it wrote");
    }
    return client_.put(key_.bucket, key_.key, value,
                       {.w = options_.w,
                        .context = read_.context,
                        .content_type = options_.content_type,
                        .timeout = remaining()});
  }

  // What was read is as good a base as before: nothing was applied.
  bool may_write_again(const Status& status) const {
    return is_retryable(status.code()) && attempts_ < options_.attempts && remaining().count() > 0;
  }

  bool is_worth_settling() const {
    return result_.siblings > 1 && options_.resolve != nullptr && attempts_ < options_.attempts &&
           remaining().count() > 0;
  }

  // Once the update's own value is there, a failure to settle the conflict is no failure of it.
  Result<UpdateResult> failed(const Status& status) const {
    if (is_written_) return result_;
    return status;
  }

  Client& client_;
  const KeyRef key_;
  const UpdateOptions& options_;
  const Clock::time_point deadline_;
  ResolvedRead read_;
  std::uint32_t attempts_ = 0;
  bool is_written_ = false;  // the update's value is there
  UpdateResult result_;      // then: as it was last seen
};

}  // namespace

Result<ResolvedRead> get_resolved(Client& client, std::string_view bucket, std::string_view key,
                                  const Resolve& resolve, const ReadOptions& options) {
  STARLING_ASSIGN_OR_RETURN(got, ReadResult read, client.get(bucket, key, options));
  ResolvedRead resolved{.value = std::nullopt,
                        .context = std::move(read.context),
                        .siblings = static_cast<std::uint32_t>(read.siblings.size())};
  if (read.siblings.size() == 1) {
    resolved.value = std::move(read.siblings.front().value);
  } else if (read.siblings.size() > 1) {
    if (resolve == nullptr) {
      return Status(StatusCode::Conflict, std::to_string(read.siblings.size()) +
                                              " concurrent values, and nothing to resolve them");
    }
    resolved.value = resolve(read.siblings);
  }
  return resolved;
}

Result<UpdateResult> update(Client& client, std::string_view bucket, std::string_view key,
                            const Modify& modify, const UpdateOptions& options) {
  if (options.attempts == 0)
    return Status(StatusCode::Usage, "an update needs at least one attempt");
  if (modify == nullptr)
    return Status(StatusCode::Usage, "an update needs a function that changes");
  // Before a deadline is made of it, which could lie beyond the end of time.
  STARLING_RETURN_IF_ERROR(check_timeout(options.timeout));
  return Update(client, {.bucket = bucket, .key = key}, options).run(modify);
}

}  // namespace starling
