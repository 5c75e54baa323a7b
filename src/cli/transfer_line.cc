#include "cli/transfer_line.h"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"

namespace starling::cli {
namespace {

using Json = nlohmann::ordered_json;

Status refuse_line(const std::string& why) {
  return {StatusCode::Usage, why};
}

// The bytes under `name`, or those that `name`_base64 stands for; exactly one must be there.
Result<std::string> bytes_of(const Json& json, const std::string& name) {
  const auto plain = json.find(name);
  const auto encoded = json.find(name + "_base64");
  if ((plain == json.end()) == (encoded == json.end())) {
    return refuse_line("a line has either \"" + name + "\" or \"" + name + "_base64\"");
  }
  const Json& field = plain != json.end() ? *plain : *encoded;
  if (!field.is_string()) return refuse_line("\"" + name + "\" is no string");
  const auto& text = field.get_ref<const std::string&>();
  if (plain != json.end()) return text;
  Result<std::string> bytes = from_base64(text);
  if (bytes.ok()) return bytes;
  return refuse_line("\"" + name + "_base64\": " + bytes.status().message());
}

void add_bytes(Json& json, const std::string& name, const std::string& bytes) {
  if (is_utf8(bytes)) {
    json[name] = bytes;
  } else {
    json[name + "_base64"] = to_base64(bytes);
  }
}

}  // namespace

Result<TransferRecord> parse_transfer_line(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return refuse_line("the line is no JSON object");
  TransferRecord record;
  STARLING_ASSIGN_OR_RETURN(key, record.key, bytes_of(json, "key"));
  STARLING_ASSIGN_OR_RETURN(value, record.value, bytes_of(json, "value"));
  const auto content_type = json.find("content_type");
  if (content_type == json.end()) return record;
  if (!content_type->is_string()) return refuse_line("\"content_type\" is no string");
  record.content_type = content_type->get<std::string>();
  return record;
}

std::string transfer_line(const TransferRecord& record) {
  Json json = Json::object();
  add_bytes(json, "key", record.key);
  add_bytes(json, "value", record.value);
  if (!record.content_type.empty() && is_utf8(record.content_type)) {
    json["content_type"] = record.content_type;
  }
  return json.dump();
}

}  // namespace starling::cli
