#include "client/requests.h"

#include <string>
#include <string_view>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"

#include "base/ids.h"
#include "client/checks.h"
#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling {
namespace {

KeyAddress address_of(std::string_view bucket, std::string_view key) {
  return {.bucket = std::string(bucket), .key = std::string(key)};
}

WriteLevels levels_of(const WriteOptions& options) {
  return {.w = options.w,
          .pw = options.pw,
          .dw = options.dw,
          .sloppy = options.placement == Placement::Sloppy};
}

}  // namespace

Result<ClientRequestBody> put_request(const PutItem& item, const WriteOptions& options,
                                      RequestId id) {
  STARLING_RETURN_IF_ERROR(check_put(item.bucket, item.key, item.value, options));
  STARLING_RETURN_IF_ERROR(check_context(item.context));
  return ClientRequestBody(
      ClientPut{.address = address_of(item.bucket, item.key),
                .value = std::string(item.value),
                .content_type = options.content_type,
                .context = std::string(item.context),
                .levels = levels_of(options),
                .request = id,
                .checksum = checksum_of(item.key, options.content_type, item.value),
                .trace = options.trace});
}

Result<ClientRequestBody> get_request(const KeyRef& key, const ReadOptions& options) {
  STARLING_RETURN_IF_ERROR(check_get(key.bucket, key.key, options));
  return ClientRequestBody(ClientGet{.address = address_of(key.bucket, key.key),
                                     .levels = {.r = options.r, .pr = options.pr},
                                     .context = options.context,
                                     .trace = options.trace});
}

Result<ClientRequestBody> remove_request(const KeyRef& key, const DeleteOptions& options,
                                         RequestId id) {
  STARLING_RETURN_IF_ERROR(check_remove(key.bucket, key.key, options));
  return ClientRequestBody(ClientDelete{.address = address_of(key.bucket, key.key),
                                        .context = options.write.context,
                                        .read_levels = {.r = options.r, .pr = options.pr},
                                        .levels = levels_of(options.write),
                                        .request = id,
                                        .trace = options.write.trace});
}

Result<ClientRequestBody> keys_request(std::string_view bucket, const KeysOptions& options) {
  STARLING_RETURN_IF_ERROR(check_keys(bucket, options));
  return ClientRequestBody(ClientKeys{.bucket = std::string(bucket),
                                      .prefix = options.prefix,
                                      .after = options.after,
                                      .cursor = options.cursor,
                                      .limit = options.limit,
                                      .levels = {.r = options.r, .pr = options.pr}});
}

}  // namespace starling
