#include "quorum/quorum_spec.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "message/client_messages.h"

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

}  // namespace

std::uint32_t WriteQuorum::required() const {
  return std::max({w, pw, dw});
}

Result<ReadQuorum> resolve(const ReadLevels& levels, std::uint32_t n) {
  const Demand r = demand_of("r", levels.r, n);
  const Demand pr = demand_of("pr", levels.pr, n);
  STARLING_RETURN_IF_ERROR(check_at_least_one(r));
  STARLING_RETURN_IF_ERROR(check_at_most_n(r, n));
  STARLING_RETURN_IF_ERROR(check_at_most_n(pr, n));
  STARLING_RETURN_IF_ERROR(check_at_most(pr, r, n));
  return ReadQuorum{.n = n, .r = r.replicas, .pr = pr.replicas, .level = levels.r};
}

Result<WriteQuorum> resolve(const WriteLevels& levels, std::uint32_t n) {
  const Demand w = demand_of("w", levels.w, n);
  const Demand pw = demand_of("pw", levels.pw, n);
  const Demand dw = demand_of("dw", levels.dw, n);
  STARLING_RETURN_IF_ERROR(check_at_least_one(w));
  STARLING_RETURN_IF_ERROR(check_at_most_n(w, n));
  STARLING_RETURN_IF_ERROR(check_at_most_n(pw, n));
  STARLING_RETURN_IF_ERROR(check_at_most_n(dw, n));
  STARLING_RETURN_IF_ERROR(check_at_most(pw, w, n));
  return WriteQuorum{
      .n = n, .w = w.replicas, .pw = pw.replicas, .dw = dw.replicas, .level = levels.w};
}

}  // namespace starling
