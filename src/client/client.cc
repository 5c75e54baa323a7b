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

#include "client/engine.h"
#include "client/requests.h"
#include "message/answers.h"
#include "message/client_messages.h"

namespace starling {
namespace {

// Hands the answer of one kind of request on in the words of the public headers.
template <typename Reply, typename Done, typename Convert>
auto converting(Done done, Convert convert) {
  return [done = std::move(done), convert](Result<ClientReply> reply) {
    if (!reply.ok()) return done(reply.status());
    done(convert(std::get<Reply>(*std::move(reply))));
  };
}

// An empty one would end the program when the answer comes, far from whoever passed it.
template <typename Function>
Status check_callable(const Function& function) {
  if (function != nullptr) return Status::success();
  return {StatusCode::Usage, "there is no function to call"};
}

}  // namespace

Client::Client(ClientOptions options)
    : engine_(std::make_unique<ClientEngine>(std::move(options))) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<WriteResult> Client::put(std::string_view bucket, std::string_view key,
                                std::string_view value, const WriteOptions& options) {
  const PutItem item{.bucket = bucket, .key = key, .value = value, .context = options.context};
  STARLING_ASSIGN_OR_RETURN(built, ClientRequestBody request,
                            put_request(item, options, engine_->next_request_id()));
  STARLING_ASSIGN_OR_RETURN(
      called, PutReply reply,
      engine_->call_for<PutReply>(std::move(request), {options.timeout, options.retry}));
  return write_result_of(std::move(reply));
}

Result<ReadResult> Client::get(std::string_view bucket, std::string_view key,
                               const ReadOptions& options) {
  STARLING_ASSIGN_OR_RETURN(built, ClientRequestBody request,
                            get_request({.bucket = bucket, .key = key}, options));
  STARLING_ASSIGN_OR_RETURN(
      called, GetReply reply,
      engine_->call_for<GetReply>(std::move(request), {options.timeout, options.retry}));
  return read_result_of(std::move(reply));
}

Result<WriteResult> Client::remove(std::string_view bucket, std::string_view key,
                                   const DeleteOptions& options) {
  STARLING_ASSIGN_OR_RETURN(
      built, ClientRequestBody request,
      remove_request({.bucket = bucket, .key = key}, options, engine_->next_request_id()));
  STARLING_ASSIGN_OR_RETURN(called, PutReply reply,
                            engine_->call_for<PutReply>(
                                std::move(request), {options.write.timeout, options.write.retry}));
  return write_result_of(std::move(reply));
}

Status Client::put_async(std::string_view bucket, std::string_view key, std::string_view value,
                         const WriteOptions& options, PutDone done) {
  STARLING_RETURN_IF_ERROR(check_callable(done));
  const PutItem item{.bucket = bucket, .key = key, .value = value, .context = options.context};
  STARLING_ASSIGN_OR_RETURN(built, ClientRequestBody request,
                            put_request(item, options, engine_->next_request_id()));
  STARLING_RETURN_IF_ERROR(engine_->start_thread());
  return engine_->submit(std::move(request), {options.timeout, options.retry},
                         converting<PutReply>(std::move(done), write_result_of));
}

Status Client::get_async(std::string_view bucket, std::string_view key, const ReadOptions& options,
                         GetDone done) {
  STARLING_RETURN_IF_ERROR(check_callable(done));
  STARLING_ASSIGN_OR_RETURN(built, ClientRequestBody request,
                            get_request({.bucket = bucket, .key = key}, options));
  STARLING_RETURN_IF_ERROR(engine_->start_thread());
  return engine_->submit(std::move(request), {options.timeout, options.retry},
                         converting<GetReply>(std::move(done), read_result_of));
}

Status Client::remove_async(std::string_view bucket, std::string_view key,
                            const DeleteOptions& options, PutDone done) {
  STARLING_RETURN_IF_ERROR(check_callable(done));
  STARLING_ASSIGN_OR_RETURN(
      built, ClientRequestBody request,
      remove_request({.bucket = bucket, .key = key}, options, engine_->next_request_id()));
  STARLING_RETURN_IF_ERROR(engine_->start_thread());
  return engine_->submit(std::move(request), {options.write.timeout, options.write.retry},
                         converting<PutReply>(std::move(done), write_result_of));
}

Result<KeyPage> Client::keys(std::string_view bucket, const KeysOptions& options) {
  STARLING_ASSIGN_OR_RETURN(built, ClientRequestBody request, keys_request(bucket, options));
  STARLING_ASSIGN_OR_RETURN(
      called, KeysReply reply,
      engine_->call_for<KeysReply>(std::move(request), {options.timeout, Retry::Safe}));
  return key_page_of(std::move(reply));
}

Status Client::each_key(std::string_view bucket, KeysOptions options,
                        const std::function<bool(const std::string& key)>& visit) {
  STARLING_RETURN_IF_ERROR(check_callable(visit));
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
