#include "client/request_table.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "client/call.h"

namespace starling {
namespace {

constexpr std::uint64_t kPlaceBits = 20;
static_assert(RequestTable::kRequestsMax == std::size_t{1} << kPlaceBits);

std::size_t place_in(std::uint64_t name) {
  return name & (RequestTable::kRequestsMax - 1);
}

}  // namespace

PendingRequest& RequestTable::insert(Call call) {
  STARLING_CHECK(size_ < kRequestsMax);
  if (free_.empty()) {
    free_.push_back(places_.size());
    places_.push_back(std::make_unique<PendingRequest>());
  }
  const std::size_t place = free_.back();
  free_.pop_back();
  PendingRequest& request = *places_[place];
  request = PendingRequest{};
  request.call = std::move(call);
  request.id = name_at(place);
  ++size_;
  return request;
}

PendingRequest* RequestTable::find(std::uint64_t id) {
  PendingRequest* const request = at_place_of(id);
  return request != nullptr && request->id == id ? request : nullptr;
}

std::uint64_t RequestTable::next_number(const PendingRequest& request) {
  return name_at(place_in(request.id));
}

PendingRequest* RequestTable::sent_as(std::uint64_t number) {
  PendingRequest* const request = at_place_of(number);
  if (request == nullptr || request->state != PendingRequest::State::Sent) return nullptr;
  return request->number == number ? request : nullptr;
}

void RequestTable::erase(const PendingRequest& request) {
  const std::size_t place = place_in(request.id);
  STARLING_CHECK(places_[place].get() == &request);
  *places_[place] = PendingRequest{};
  free_.push_back(place);
  --size_;
}

std::uint64_t RequestTable::name_at(std::size_t place) {
  return (++named_ << kPlaceBits) | place;
}

PendingRequest* RequestTable::at_place_of(std::uint64_t name) {
  const std::size_t place = place_in(name);
  if (place >= places_.size()) return nullptr;
  PendingRequest* const request = places_[place].get();
  return request->id == 0 ? nullptr : request;
}

}  // namespace starling
