#include "client/call.h"

#include <cstddef>
#include <variant>

#include "message/client_messages.h"

namespace starling {
namespace {

// A request's fixed parts, its place in the tables, its callback.
constexpr std::size_t kFixedBytes = 512;

std::size_t size_of(const KeyAddress& address) {
  return address.bucket.size() + address.key.size();
}

struct BytesOf {
  std::size_t operator()(const ClientPut& put) const {
    return size_of(put.address) + put.value.size() + put.content_type.size() + put.context.size();
  }
  std::size_t operator()(const ClientGet& get) const {
    return size_of(get.address) + get.context.size();
  }
  std::size_t operator()(const ClientDelete& erase) const {
    return size_of(erase.address) + erase.context.size();
  }
  std::size_t operator()(const ClientKeys& keys) const {
    return keys.prefix.size() + keys.after.size() + keys.cursor.size();
  }
  template <typename Administrative>
  std::size_t operator()(const Administrative& /*request*/) const {
    return 0;
  }
};

}  // namespace

std::size_t bytes_of(const ClientRequestBody& request) {
  return kFixedBytes + std::visit(BytesOf{}, request);
}

const KeyAddress* address_of(const ClientRequestBody& request) {
  if (const auto* const put = std::get_if<ClientPut>(&request)) return &put->address;
  if (const auto* const get = std::get_if<ClientGet>(&request)) return &get->address;
  if (const auto* const erase = std::get_if<ClientDelete>(&request)) return &erase->address;
  return nullptr;
}

}  // namespace starling
