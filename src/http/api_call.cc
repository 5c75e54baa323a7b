#include "http/api_call.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "http/http_message.h"
#include "http/target.h"
#include "message/client_messages.h"

namespace starling {
namespace {

constexpr std::string_view kApi = "/v1/";
constexpr std::string_view kData = "/v1/kv/";
constexpr std::uint32_t kPageDefault = 1000;

constexpr const char* kReads = "GET, HEAD";
constexpr const char* kReadsAndWrites = "GET, HEAD, PUT, DELETE";

Status refuse(std::string why) {
  return {StatusCode::Usage, std::move(why)};
}

bool is_read(const HttpRequest& head) {
  return head.method == "GET" || head.method == "HEAD";
}

// Whether the client would rather have JSON: it names it, and does not rule it out.
bool accepts_json(std::string_view accept) {
  std::string ranges(accept);
  std::ranges::transform(ranges, ranges.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto spaces = std::ranges::remove_if(ranges, [](char c) { return c == ' ' || c == '\t'; });
  ranges.erase(spaces.begin(), spaces.end());
  for (std::string_view rest = ranges; !rest.empty();) {
    const std::string_view range = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(range.size() + 1, rest.size()));
    if (range == kJsonType) return true;
    if (!range.starts_with(std::string(kJsonType) + ";")) continue;
    return range.find(";q=0;") == std::string_view::npos && !range.ends_with(";q=0") &&
           !range.ends_with(";q=0.0");
  }
  return false;
}

// A condition that is passed over would be a write, or an answer, that nobody wanted.
Status check_conditions(const HttpRequest& head) {
  if (!head.field(HttpField::IfMatch).empty() ||
      (!is_read(head) && !head.field(HttpField::IfNoneMatch).empty())) {
    return refuse("If-Match, and If-None-Match on a write, are not in this version");
  }
  return Status::success();
}

// A value is the bytes that were sent: what else would say how to read them is not kept.
Status check_representation(const HttpRequest& head) {
  const std::string_view encoding = head.field(HttpField::ContentEncoding);
  if (!encoding.empty() && encoding != "identity") {
    return refuse(
        "Content-Encoding is not kept in this version: send the value as it is, or name "
        "the encoding in its Content-Type");
  }
  if (!head.field(HttpField::ContentRange).empty()) {
    return refuse("a part of a value can not be written (Content-Range)");
  }
  const std::string_view type = head.field(HttpField::ContentType);
  if (type.size() > kContentTypeBytesMax) {
    return {StatusCode::TooLarge, "the content type has more than 255 bytes"};
  }
  return Status::success();
}

Result<ReadLevels> read_levels_of(Query& query) {
  ReadLevels levels;
  STARLING_ASSIGN_OR_RETURN(r, levels.r, query.take_level("r", Level::quorum()));
  STARLING_ASSIGN_OR_RETURN(pr, levels.pr, query.take_level("pr", Level::none()));
  return levels;
}

Result<WriteLevels> write_levels_of(Query& query) {
  WriteLevels levels;
  STARLING_ASSIGN_OR_RETURN(w, levels.w, query.take_level("w", Level::quorum()));
  STARLING_ASSIGN_OR_RETURN(pw, levels.pw, query.take_level("pw", Level::none()));
  STARLING_ASSIGN_OR_RETURN(dw, levels.dw, query.take_level("dw", Level::none()));
  STARLING_ASSIGN_OR_RETURN(sloppy, levels.sloppy, query.take_flag("sloppy"));
  STARLING_ASSIGN_OR_RETURN(asked, const bool strict, query.take_flag("strict"));
  if (strict && levels.sloppy) return refuse("a write is strict or sloppy, not both");
  return levels;
}

Result<ClientRequestBody> read_of(const HttpRequest& head, KeyAddress address, Query& query) {
  STARLING_ASSIGN_OR_RETURN(read, const ReadLevels levels, read_levels_of(query));
  return ClientRequestBody(ClientGet{.address = std::move(address),
                                     .levels = levels,
                                     .context = std::string(head.field(HttpField::Context))});
}

Result<ClientRequestBody> put_of(const HttpRequest& head, KeyAddress address, Query& query) {
  STARLING_RETURN_IF_ERROR(check_representation(head));
  STARLING_ASSIGN_OR_RETURN(read, const WriteLevels levels, write_levels_of(query));
  return ClientRequestBody(
      ClientPut{.address = std::move(address),
                .value = {},
                .content_type = std::string(head.field(HttpField::ContentType)),
                .context = std::string(head.field(HttpField::Context)),
                .levels = levels,
                .request = {}});
}

Result<ClientRequestBody> delete_of(const HttpRequest& head, KeyAddress address, Query& query) {
  STARLING_ASSIGN_OR_RETURN(read, const ReadLevels read_levels, read_levels_of(query));
  STARLING_ASSIGN_OR_RETURN(written, const WriteLevels levels, write_levels_of(query));
  return ClientRequestBody(ClientDelete{.address = std::move(address),
                                        .context = std::string(head.field(HttpField::Context)),
                                        .read_levels = read_levels,
                                        .levels = levels,
                                        .request = {}});
}

Result<ClientRequestBody> keys_of(std::string bucket, Query& query) {
  ClientKeys keys{.bucket = std::move(bucket),
                  .prefix = query.take("prefix").value_or(""),
                  .after = query.take("after").value_or(""),
                  .cursor = query.take("cursor").value_or("")};
  if (keys.prefix.size() > kKeyBytesMax || keys.after.size() > kKeyBytesMax) {
    return refuse("no key is longer than 4096 bytes");
  }
  STARLING_ASSIGN_OR_RETURN(counted, keys.limit,
                            query.take_number("limit", kPageDefault, kKeysPageMax));
  STARLING_ASSIGN_OR_RETURN(read, keys.levels, read_levels_of(query));
  return ClientRequestBody(std::move(keys));
}

// The whole table of its partitions, or the owners of one key.
Result<ClientRequestBody> ring_of(Query& query) {
  const std::optional<std::string> key = query.take("key");
  if (!key.has_value()) return ClientRequestBody(ClientClusterRing{});
  const std::size_t slash = key->find('/');
  if (slash == std::string::npos) return refuse("key: write BUCKET/KEY");
  return ClientRequestBody(ClientClusterRing{
      .address = KeyAddress{.bucket = key->substr(0, slash), .key = key->substr(slash + 1)}});
}

// What stands behind /v1/kv/: a bucket, and where a slash follows a key, which may have more of
// them.
struct DataPath {
  std::string bucket;
  std::optional<std::string> key;
};

Result<DataPath> data_path_of(std::string_view path) {
  path.remove_prefix(kData.size());
  const std::size_t slash = path.find('/');
  DataPath parts;
  STARLING_ASSIGN_OR_RETURN(decoded, parts.bucket, percent_decoded(path.substr(0, slash)));
  STARLING_RETURN_IF_ERROR(check_bucket(parts.bucket));
  if (slash == std::string_view::npos) return parts;
  STARLING_ASSIGN_OR_RETURN(named, parts.key, percent_decoded(path.substr(slash + 1)));
  STARLING_RETURN_IF_ERROR(check_key(*parts.key));
  return parts;
}

Result<ClientRequestBody> data_request_of(const HttpRequest& head, const DataPath& path,
                                          Query& query) {
  if (!path.key.has_value()) return keys_of(path.bucket, query);
  KeyAddress address{.bucket = path.bucket, .key = *path.key};
  if (head.method == "PUT") return put_of(head, std::move(address), query);
  if (head.method == "DELETE") return delete_of(head, std::move(address), query);
  return read_of(head, std::move(address), query);
}

// Nothing: there is no such route.
std::optional<Result<ClientRequestBody>> admin_request_of(std::string_view path, Query& query) {
  if (path == "/v1/cluster") return ClientRequestBody(ClientClusterStatus{});
  if (path == "/v1/ring") return ring_of(query);
  if (path == "/v1/digest") return ClientRequestBody(ClientClusterDigest{});
  if (path == "/v1/tasks") return ClientRequestBody(ClientClusterTasks{});
  if (path == "/v1/plan") return ClientRequestBody(ClientClusterChange{});
  if (path == "/v1/node") return ClientRequestBody(ClientNodeInfo{});
  return std::nullopt;
}

// The options have been taken from the query but for those of every request.
Result<ApiCall> finished(ApiCall call, Query& query) {
  STARLING_ASSIGN_OR_RETURN(timed, call.request.remaining, query.take_timeout());
  STARLING_RETURN_IF_ERROR(query.check_empty());
  return call;
}

Result<ApiCall> data_call_of(const HttpRequest& head, DataPath path, Query& query) {
  STARLING_RETURN_IF_ERROR(check_conditions(head));
  STARLING_ASSIGN_OR_RETURN(made, ClientRequestBody body, data_request_of(head, path, query));
  return finished({.question = {.address = {.bucket = std::move(path.bucket),
                                            .key = std::move(path.key).value_or("")},
                                .wants_json = accepts_json(head.field(HttpField::Accept)),
                                .if_none_match = std::string(head.field(HttpField::IfNoneMatch))},
                   .request = {.remaining = {}, .body = std::move(body)}},
                  query);
}

std::variant<ApiCall, HttpResponse> answer_or_call(Result<ApiCall> made) {
  if (!made.ok()) return error_response(made.status());
  return std::move(*made);
}

std::variant<ApiCall, HttpResponse> admin_call_of(const HttpRequest& head, Query& query) {
  std::optional<Result<ClientRequestBody>> body = admin_request_of(head.path(), query);
  if (!body.has_value()) {
    return error_response(
        501, Status(StatusCode::Failure,
                    "this route is not in this version: there are /v1/kv/BUCKET/KEY, /v1/cluster, "
                    "/v1/ring, /v1/digest, /v1/tasks, /v1/plan and /v1/node"));
  }
  if (!is_read(head)) return wrong_method(kReads);
  if (!body->ok()) return error_response(body->status());
  const auto* const ring = std::get_if<ClientClusterRing>(&**body);
  const bool of_key = ring != nullptr && ring->address.has_value();
  return answer_or_call(finished({.question = {.address = {}, .wants_one_row = of_key},
                                  .request = {.remaining = {}, .body = std::move(**body)}},
                                 query));
}

}  // namespace

bool is_api_path(std::string_view path) {
  return path.starts_with(kApi);
}

HttpResponse wrong_method(const std::string& allowed) {
  HttpResponse response =
      error_response(405, Status(StatusCode::Usage, "this route answers " + allowed + " only"));
  response.fields.push_back({.name = "Allow", .value = allowed});
  return response;
}

std::variant<ApiCall, HttpResponse> api_call_of(const HttpRequest& head) {
  Result<Query> query = Query::parse(head.query());
  if (!query.ok()) return error_response(query.status());
  if (!head.path().starts_with(kData)) return admin_call_of(head, *query);
  Result<DataPath> path = data_path_of(head.path());
  if (!path.ok()) return error_response(path.status());
  const bool writes = path->key.has_value() && (head.method == "PUT" || head.method == "DELETE");
  if (!writes && !is_read(head)) {
    return wrong_method(path->key.has_value() ? kReadsAndWrites : kReads);
  }
  return answer_or_call(data_call_of(head, std::move(*path), *query));
}

}  // namespace starling
