#pragma once

// ApiAnswer: the node's reply to a call, as HTTP says it. A single value is sent as it is; several
// are 300, a part each (multipart/mixed, RFC 2046) or the tool's JSON; what is told of the cluster
// is the tool's JSON.

#include <cstddef>
#include <string>
#include <string_view>

#include "http/api_call.h"
#include "http/http_message.h"
#include "message/client_messages.h"

namespace starling {

// A context that is longer would not come back within the bound on headers: there is room beside it
// for a key of the greatest length, encoded.
inline constexpr std::size_t kHttpContextBytesMax = std::size_t{16} << 10U;

// `boundary` stands between the parts of a multipart answer: REQUIRES that no value contains it,
// which a fresh random text sees to.
[[nodiscard]] HttpResponse api_answer(const ApiQuestion& question, ClientReply reply,
                                      std::string_view boundary);

// About how many bytes that will have, head and all. For judging whether there is room before it is
// made.
[[nodiscard]] std::size_t api_answer_bytes(const ApiQuestion& question, const ClientReply& reply);

// Identifies what a read found: the writes that are live, whatever form they are sent in.
[[nodiscard]] std::string etag_of(const GetReply& reply);

}  // namespace starling
