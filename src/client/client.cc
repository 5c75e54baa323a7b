#include "starling/client.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "client/answers.h"
#include "client/caller.h"
#include "client/checks.h"
#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling {
namespace {

KeyAddress address_of(std::string_view bucket, std::string_view key) {
  return {.bucket = std::string(bucket), .key = std::string(key)};
}

WriteLevels levels_of(const WriteOptions& options) {
  return {.w = options.w, .pw = options.pw, .dw = options.dw};
}

}  // namespace

Client::Client(ClientOptions options) : caller_(std::make_unique<Caller>(std::move(options))) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<WriteResult> Client::put(std::string_view bucket, std::string_view key,
                                std::string_view value, const WriteOptions& options) {
  STARLING_RETURN_IF_ERROR(check_put(bucket, key, value, options));
  const ClientPut put{.address = address_of(bucket, key),
                      .value = std::string(value),
                      .content_type = options.content_type,
                      .context = options.context,
                      .levels = levels_of(options),
                      .request = caller_->next_request_id(),
                      .checksum = checksum_of(key, value)};
  STARLING_ASSIGN_OR_RETURN(called, PutReply reply,
                            caller_->call_for<PutReply>(put, options.timeout));
  return write_result_of(std::move(reply));
}

Result<ReadResult> Client::get(std::string_view bucket, std::string_view key,
                               const ReadOptions& options) {
  STARLING_RETURN_IF_ERROR(check_get(bucket, key, options));
  const ClientGet get{.address = address_of(bucket, key),
                      .levels = {.r = options.r, .pr = options.pr},
                      .context = options.context};
  STARLING_ASSIGN_OR_RETURN(called, GetReply reply,
                            caller_->call_for<GetReply>(get, options.timeout));
  return read_result_of(std::move(reply));
}

Result<WriteResult> Client::remove(std::string_view bucket, std::string_view key,
                                   const DeleteOptions& options) {
  STARLING_RETURN_IF_ERROR(check_remove(bucket, key, options));
  const ClientDelete erase{.address = address_of(bucket, key),
                           .context = options.write.context,
                           .read_levels = {.r = options.r, .pr = options.pr},
                           .levels = levels_of(options.write),
                           .request = caller_->next_request_id()};
  STARLING_ASSIGN_OR_RETURN(called, PutReply reply,
                            caller_->call_for<PutReply>(erase, options.write.timeout));
  return write_result_of(std::move(reply));
}

Result<KeyPage> Client::keys(std::string_view bucket, const KeysOptions& options) {
  STARLING_RETURN_IF_ERROR(check_keys(bucket, options));
  const ClientKeys keys{.bucket = std::string(bucket),
                        .prefix = options.prefix,
                        .after = options.after,
                        .cursor = options.cursor,
                        .limit = options.limit,
                        .levels = {.r = options.r, .pr = options.pr}};
  STARLING_ASSIGN_OR_RETURN(called, KeysReply reply,
                            caller_->call_for<KeysReply>(keys, options.timeout));
  return key_page_of(std::move(reply));
}

Status Client::each_key(std::string_view bucket, KeysOptions options,
                        const std::function<bool(const std::string& key)>& visit) {
  while (true) {
    STARLING_ASSIGN_OR_RETURN(listed, KeyPage page, keys(bucket, options));
    for (const std::string& key : page.keys) {
      if (!visit(key)) return Status::success();
    }
    if (page.cursor.empty()) return Status::success();
    options.cursor = std::move(page.cursor);
  }
}

}  // namespace starling
