#include "quorum/quorum_spec.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "message/client_messages.h"
#include "ring/row_demand.h"

namespace starling {
namespace {

// One option, resolved against N. `name` as the command line spells it.
struct Demand {
  std::string_view name;
  const Level& level;
  std::uint32_t replicas = 0;
};

Demand demand_of(std::string_view name, const Level& level, std::uint32_t n) {
  return {.name = name, .level = level, .replicas = level.resolve(n)};
}

// "r=quorum (2)", or "pr=3" where the text is the number already.
std::string spelled(const Demand& demand) {
  const std::string text = demand.level.to_text();
  const std::string number = std::to_string(demand.replicas);
  const std::string option = std::string(demand.name) + "=" + text;
  return text == number ? option : option + " (" + number + ")";
}

Status check_at_least_one(const Demand& demand) {
  if (demand.replicas > 0) return Status::success();
  return {StatusCode::Usage, spelled(demand) + ": at least one replica must answer"};
}

Status check_at_most_n(const Demand& demand, std::uint32_t n) {
  if (demand.replicas <= n) return Status::success();
  return {StatusCode::Usage,
          spelled(demand) + ": a key has only " + std::to_string(n) + " replicas (N)"};
}

Status check_at_most(const Demand& part, const Demand& whole, std::uint32_t n) {
  if (part.replicas <= whole.replicas) return Status::success();
  return {StatusCode::Usage, spelled(part) + " asks for more than " + spelled(whole) +
                                 ", with N=" + std::to_string(n)};
}

// What a level makes of an N other than that which people see. A number of replicas may be more
// than there were before one came.
std::uint32_t number_for(const Level& level, std::uint32_t n) {
  return std::min(level.resolve(n), n);
}

WriteDemand demand_for(const WriteLevels& levels, std::uint32_t n) {
  return {
      .w = number_for(levels.w, n), .pw = number_for(levels.pw, n), .dw = number_for(levels.dw, n)};
}

}  // namespace

RowCount ReadQuorum::slots_that_protect() const {
  return protecting.value_or(RowCount{.inner = n - r + 1, .outer = n - r + 1});
}

std::uint32_t WriteDemand::required() const {
  return std::max({w, pw, dw});
}

Result<ReadQuorum> resolve(const ReadLevels& levels, const RowNumbers& numbers) {
  const std::uint32_t n = numbers.reads;
  const Demand r = demand_of("r", levels.r, n);
  const Demand pr = demand_of("pr", levels.pr, n);
  STARLING_RETURN_IF_ERROR(check_at_least_one(r));
  STARLING_RETURN_IF_ERROR(check_at_most_n(r, n));
  STARLING_RETURN_IF_ERROR(check_at_most_n(pr, n));
  STARLING_RETURN_IF_ERROR(check_at_most(pr, r, n));
  ReadQuorum quorum{.n = n, .r = r.replicas, .pr = pr.replicas, .level = levels.r};
  if (numbers == RowNumbers::settled(n)) return quorum;
  const auto protecting = [&](std::uint32_t slots) {
    return slots - number_for(levels.r, slots) + 1;
  };
  quorum.protecting = RowCount{.inner = protecting(numbers.writes.inner),
                               .outer = protecting(numbers.writes.outer)};
  return quorum;
}

Result<WriteQuorum> resolve(const WriteLevels& levels, const RowNumbers& numbers) {
  const std::uint32_t n = numbers.reads;
  const Demand w = demand_of("w", levels.w, n);
  const Demand pw = demand_of("pw", levels.pw, n);
  const Demand dw = demand_of("dw", levels.dw, n);
  STARLING_RETURN_IF_ERROR(check_at_least_one(w));
  STARLING_RETURN_IF_ERROR(check_at_most_n(w, n));
  STARLING_RETURN_IF_ERROR(check_at_most_n(pw, n));
  STARLING_RETURN_IF_ERROR(check_at_most_n(dw, n));
  STARLING_RETURN_IF_ERROR(check_at_most(pw, w, n));
  if (numbers == RowNumbers::settled(n)) {
    return WriteQuorum{
        .n = n, .w = w.replicas, .pw = pw.replicas, .dw = dw.replicas, .level = levels.w};
  }
  const WriteDemand outer = demand_for(levels, numbers.writes.outer);
  return WriteQuorum{.n = n,
                     .w = outer.w,
                     .pw = outer.pw,
                     .dw = outer.dw,
                     .level = levels.w,
                     .inner = demand_for(levels, numbers.writes.inner)};
}

Result<ReadQuorum> resolve(const ReadLevels& levels, std::uint32_t n) {
  return resolve(levels, RowNumbers::settled(n));
}

Result<WriteQuorum> resolve(const WriteLevels& levels, std::uint32_t n) {
  return resolve(levels, RowNumbers::settled(n));
}

}  // namespace starling
