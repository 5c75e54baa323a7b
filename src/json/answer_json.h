#pragma once

// The JSON of every answer, with the keys that programs rely on, in that order: what the tool
// prints and the HTTP port sends is the same text. One line each, without its end.

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/status.h"

namespace starling {

[[nodiscard]] std::string json_of(const Status& status);
[[nodiscard]] std::string json_of(const KeyRef& address, const ReadResult& read);
// The same, with `error` in it: why the read is none to go on with.
[[nodiscard]] std::string json_of(const KeyRef& address, const ReadResult& read,
                                  const Status& error);
[[nodiscard]] std::string json_of(const KeyRef& address, const WriteResult& written);
[[nodiscard]] std::string json_of(const ClusterStatus& status);
[[nodiscard]] std::string json_of(const RingTable& ring);
[[nodiscard]] std::string json_of(const PartitionOwnership& ownership);
[[nodiscard]] std::string json_of(const DigestTable& digest);
[[nodiscard]] std::string json_of(const TaskList& list);
[[nodiscard]] std::string json_of(const RepairRun& run, const RepairReport& report);
[[nodiscard]] std::string json_of(const ChangeReport& report);
[[nodiscard]] std::string json_of(const NodeStatus& node);
// A page of a bucket's keys: each as json_of_key writes it; without "cursor" it is the last.
[[nodiscard]] std::string json_of(std::string_view bucket, const KeyPage& page);
// A JSON string; a key that is not UTF-8 can not be one, and becomes {"key_base64":"..."}.
[[nodiscard]] std::string json_of_key(const std::string& key);

// For who composes an answer of its own: what stands under "error", and the text of it all.
[[nodiscard]] nlohmann::ordered_json error_json(const Status& status);
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& json);

}  // namespace starling
