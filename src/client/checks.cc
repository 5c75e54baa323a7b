#include "client/checks.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "message/client_messages.h"
#include "ring/cluster_config.h"

namespace starling {
namespace {

constexpr std::size_t kContextTextBytesMax = std::size_t{32} << 10U;

Status refuse(const std::string& why) {
  return {StatusCode::Usage, why};
}

// Whether the level means the same number whatever N is.
bool is_number(const Level& level) {
  return level.name() != Level::Name::Quorum && level.name() != Level::Name::All;
}

Status check_waits(const Level& level, std::string_view name) {
  if (level.resolve(kReplicasMax) > 0) return Status::success();
  return refuse("--" + std::string(name) + " 0: at least one replica must answer");
}

// The server, which knows N, refuses the rest.
Status check_within(const Level& part, std::string_view part_name, const Level& whole,
                    std::string_view whole_name) {
  const bool known = is_number(part) && is_number(whole);
  if (!known || part.resolve(0) <= whole.resolve(0)) return Status::success();
  return refuse("--" + std::string(part_name) + " " + part.to_text() + " is more than --" +
                std::string(whole_name) + " " + whole.to_text());
}

Status check_address(std::string_view bucket, std::string_view key) {
  STARLING_RETURN_IF_ERROR(check_bucket(bucket));
  return check_key(key);
}

Status check_read_levels(const Level& r, const Level& pr) {
  STARLING_RETURN_IF_ERROR(check_waits(r, "r"));
  return check_within(pr, "pr", r, "r");
}

Status check_write_options(const WriteOptions& options) {
  STARLING_RETURN_IF_ERROR(check_waits(options.w, "w"));
  STARLING_RETURN_IF_ERROR(check_within(options.pw, "pw", options.w, "w"));
  STARLING_RETURN_IF_ERROR(check_context(options.context));
  if (options.content_type.size() > kContentTypeBytesMax) {
    return refuse("the content type has more than 255 bytes");
  }
  return check_timeout(options.timeout);
}

}  // namespace

Status check_context(std::string_view context) {
  if (context.size() <= kContextTextBytesMax) return Status::success();
  return {StatusCode::BadContext, "the context is too long: no read has returned it"};
}

Status check_timeout(std::chrono::milliseconds timeout) {
  if (timeout > std::chrono::milliseconds::zero() && timeout <= kTimeoutMax) {
    return Status::success();
  }
  return refuse("the timeout must be more than 0 and at most 60s");
}

Status check_get(std::string_view bucket, std::string_view key, const ReadOptions& options) {
  STARLING_RETURN_IF_ERROR(check_address(bucket, key));
  STARLING_RETURN_IF_ERROR(check_read_levels(options.r, options.pr));
  STARLING_RETURN_IF_ERROR(check_context(options.context));
  return check_timeout(options.timeout);
}

Status check_put(std::string_view bucket, std::string_view key, std::string_view value,
                 const WriteOptions& options) {
  STARLING_RETURN_IF_ERROR(check_address(bucket, key));
  STARLING_RETURN_IF_ERROR(check_value(value));
  return check_write_options(options);
}

Status check_remove(std::string_view bucket, std::string_view key, const DeleteOptions& options) {
  STARLING_RETURN_IF_ERROR(check_address(bucket, key));
  STARLING_RETURN_IF_ERROR(check_read_levels(options.r, options.pr));
  return check_write_options(options.write);
}

Status check_keys(std::string_view bucket, const KeysOptions& options) {
  STARLING_RETURN_IF_ERROR(check_bucket(bucket));
  STARLING_RETURN_IF_ERROR(check_read_levels(options.r, options.pr));
  if (options.prefix.size() > kKeyBytesMax || options.after.size() > kKeyBytesMax) {
    return refuse("no key is longer than 4096 bytes");
  }
  if (options.limit == 0 || options.limit > kKeysPageMax) {
    return refuse("a page has 1 to 10000 keys");
  }
  return check_timeout(options.timeout);
}

}  // namespace starling
