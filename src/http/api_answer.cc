#include "http/api_answer.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "http/api_call.h"
#include "http/http_message.h"
#include "json/answer_json.h"
#include "message/answers.h"
#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling {
namespace {

constexpr const char* kUntyped = "application/octet-stream";
// Head, and what surrounds a value.
constexpr std::size_t kAroundAnswer = 1024;

std::size_t bytes_of(const GetReply& reply) {
  std::size_t bytes = 0;
  for (const SiblingReply& sibling : reply.siblings) bytes += kAroundAnswer + sibling.value.size();
  return bytes;
}

std::size_t bytes_of(const KeysReply& page) {
  std::size_t bytes = kAroundAnswer;
  for (const std::string& key : page.keys) bytes += key.size() + 3;  // quotes and a comma
  return bytes;
}

KeyRef key_ref_of(const KeyAddress& address) {
  return {.bucket = address.bucket, .key = address.key};
}

// Values come with whatever type a client of any protocol gave them: one that is not plain text
// would say more than itself in a header.
std::string sendable_type(const std::string& content_type) {
  const bool plain = std::ranges::all_of(
      content_type, [](char character) { return character >= ' ' && character <= '~'; });
  return plain && !content_type.empty() ? content_type : kUntyped;
}

bool is_in_list(std::string_view list, const std::string& etag) {
  return list == "*" || list.find(etag) != std::string_view::npos;
}

HttpResponse json_response(int status, std::string json) {
  return {.status = status, .content_type = kJsonType, .body = std::move(json) + "\n"};
}

void add_context(HttpResponse& response, const std::string& context) {
  if (context.empty() || context.size() > kHttpContextBytesMax) return;
  response.fields.push_back({.name = kContextField, .value = context});
}

// For a value that is read again: ask whether it is still the same. What browsers would make of a
// stranger's value is none of this node's business, so they are told to make nothing of it.
void add_value_fields(HttpResponse& response, std::string etag, const std::string& context) {
  response.fields.push_back({.name = "ETag", .value = std::move(etag)});
  response.fields.push_back({.name = "Vary", .value = "Accept"});
  response.fields.push_back({.name = "X-Content-Type-Options", .value = "nosniff"});
  response.fields.push_back({.name = "Content-Security-Policy", .value = "sandbox"});
  add_context(response, context);
  response.cache_control = "no-cache";
}

HttpResponse single_value(GetReply reply) {
  SiblingReply& value = reply.siblings.front();
  HttpResponse response{.status = 200,
                        .content_type = sendable_type(value.content_type),
                        .body = std::move(value.value)};
  response.fields = {{.name = "X-Starling-Dot", .value = value.dot},
                     {.name = "X-Starling-Modified", .value = to_iso8601(value.modified)}};
  return response;
}

HttpResponse several_values(const GetReply& reply, std::string_view boundary) {
  HttpResponse response{.status = 300,
                        .content_type = "multipart/mixed; boundary=" + std::string(boundary)};
  std::string& body = response.body;
  body.reserve(kAroundAnswer + bytes_of(reply));
  for (const SiblingReply& sibling : reply.siblings) {
    body.append("--").append(boundary).append("\r\n");
    body.append("Content-Type: ").append(sendable_type(sibling.content_type)).append("\r\n");
    body.append("Content-Length: ").append(std::to_string(sibling.value.size())).append("\r\n");
    body.append("X-Starling-Dot: ").append(sibling.dot).append("\r\n");
    body.append("X-Starling-Modified: ").append(to_iso8601(sibling.modified)).append("\r\n\r\n");
    body.append(sibling.value).append("\r\n");
  }
  body.append("--").append(boundary).append("--\r\n");
  return response;
}

HttpResponse nothing_found(const ApiQuestion& question, GetReply reply) {
  const std::string context = reply.context;
  const Status why(StatusCode::NotFound, "there is no value under this key");
  HttpResponse response = json_response(
      404, json_of(key_ref_of(question.address), read_result_of(std::move(reply)), why));
  add_context(response, context);
  return response;
}

// One class, so that a std::visit over the replies names each of them.
class Answering {
 public:
  Answering(const ApiQuestion& question, std::string_view boundary)
      : question_(question), boundary_(boundary) {}

  HttpResponse operator()(ErrorReply&& reply) const {
    return error_response(
        std::move(reply.status).with_replies(reply.replies.required, reply.replies.received));
  }
  HttpResponse operator()(PutReply&& reply) const {
    HttpResponse response{.status = 204};
    add_context(response, reply.context);
    response.fields.push_back(
        {.name = "X-Starling-Siblings", .value = std::to_string(reply.siblings)});
    return response;
  }
  HttpResponse operator()(GetReply&& reply) const;
  HttpResponse operator()(KeysReply&& reply) const {
    const KeyPage page = key_page_of(std::move(reply));
    return json_response(200, json_of(question_.address.bucket, page));
  }
  HttpResponse operator()(ClusterStatusReply&& reply) const {
    return json_response(200, json_of(cluster_status_of(reply)));
  }
  HttpResponse operator()(ClusterRingReply&& reply) const;
  HttpResponse operator()(ClusterDigestReply&& reply) const {
    return json_response(200, json_of(digest_table_of(reply)));
  }
  HttpResponse operator()(NodeInfoReply&& reply) const {
    return json_response(200, json_of(node_status_of(reply)));
  }
  HttpResponse operator()(ClusterTasksReply&& reply) const {
    return json_response(200, json_of(task_list_of(reply)));
  }
  HttpResponse operator()(ClusterChangeReply&& reply) const {
    return json_response(200, json_of(change_report_of(std::move(reply))));
  }
  // No route orders one yet.
  HttpResponse operator()(ClusterRepairReply&& reply) const {
    return json_response(200, json_of(RepairRun{}, repair_report_of(std::move(reply))));
  }

 private:
  [[nodiscard]] HttpResponse several(GetReply reply) const;

  const ApiQuestion& question_;
  std::string_view boundary_;
};

HttpResponse Answering::operator()(GetReply&& reply) const {
  // Here the answer leaves what its checksum covers.
  if (checksum_of(question_.address.key, reply.siblings) != reply.checksum) {
    return error_response(
        Status(StatusCode::Failure, "the value was damaged on its way: its checksum differs"));
  }
  if (reply.context.size() > kHttpContextBytesMax) {
    return error_response(Status(StatusCode::TooLarge,
                                 "the key's context is too long for a header: read it with the "
                                 "tool, or with the native protocol"));
  }
  if (reply.siblings.empty()) return nothing_found(question_, std::move(reply));
  const std::string etag = etag_of(reply);
  const std::string context = reply.context;
  HttpResponse response;
  const bool several_live = reply.siblings.size() > 1;
  if (!question_.if_none_match.empty() && is_in_list(question_.if_none_match, etag)) {
    response.status = 304;
  } else if (several_live) {
    response = several(std::move(reply));
  } else {
    response = single_value(std::move(reply));
  }
  // Weak where the same values may be written in other bytes.
  add_value_fields(response, several_live ? "W/" + etag : etag, context);
  return response;
}

HttpResponse Answering::several(GetReply reply) const {
  if (!question_.wants_json) return several_values(reply, boundary_);
  return json_response(300,
                       json_of(key_ref_of(question_.address), read_result_of(std::move(reply))));
}

HttpResponse Answering::operator()(ClusterRingReply&& reply) const {
  const RingTable table = ring_table_of(reply);
  // Of one key it is that row, as the tool prints it.
  const bool of_key = table.partitions.size() == 1 && question_.wants_one_row;
  return json_response(200, of_key ? json_of(table.partitions.front()) : json_of(table));
}

}  // namespace

HttpResponse api_answer(const ApiQuestion& question, ClientReply reply, std::string_view boundary) {
  return std::visit(Answering(question, boundary), std::move(reply));
}

std::size_t api_answer_bytes(const ApiQuestion& question, const ClientReply& reply) {
  if (const auto* const page = std::get_if<KeysReply>(&reply)) return bytes_of(*page);
  const auto* const read = std::get_if<GetReply>(&reply);
  if (read == nullptr) return kAroundAnswer;
  const std::size_t bytes = kAroundAnswer + bytes_of(*read);
  // Once as text and once in base64.
  const bool json = question.wants_json && read->siblings.size() > 1;
  return json ? bytes * 7 / 3 : bytes;
}

std::string etag_of(const GetReply& reply) {
  std::string dots;
  for (const SiblingReply& sibling : reply.siblings) dots += sibling.dot + "\n";
  return "\"" + to_text(hash128(dots)) + "\"";
}

}  // namespace starling
