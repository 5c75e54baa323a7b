#include "bench/workload.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"

namespace starling::bench {
namespace {

struct Row {
  std::string_view name;
  std::array<std::uint32_t, kOperationKinds> percent;  // get, put, insert, read-modify-write
  Distribution distribution;
};

constexpr std::array<Row, 8> kWorkloads{{
    {"a", {50, 50, 0, 0}, Distribution::Zipfian},
    {"b", {95, 5, 0, 0}, Distribution::Zipfian},
    {"c", {100, 0, 0, 0}, Distribution::Zipfian},
    {"d", {95, 0, 5, 0}, Distribution::Latest},
    {"f", {50, 0, 0, 50}, Distribution::Zipfian},
    {"insert", {0, 0, 100, 0}, Distribution::Uniform},
    {"put", {0, 100, 0, 0}, Distribution::Uniform},
    {"get", {100, 0, 0, 0}, Distribution::Uniform},
}};

}  // namespace

std::string_view operation_name(OperationKind kind) {
  switch (kind) {
    case OperationKind::Get:
      return "get";
    case OperationKind::Put:
      return "put";
    case OperationKind::Insert:
      return "insert";
    case OperationKind::ReadModifyWrite:
      break;
  }
  return "read_modify_write";
}

OperationKind Workload::draw(Random& random) const {
  std::uint64_t dice = random.below(100);
  std::size_t kind = 0;
  while (kind + 1 < kOperationKinds && dice >= percent.at(kind)) dice -= percent.at(kind++);
  return static_cast<OperationKind>(kind);
}

bool Workload::needs_records() const {
  return percent.at(static_cast<std::size_t>(OperationKind::Insert)) < 100;
}

Result<Workload> workload_of(std::string_view name) {
  std::string names;
  for (const Row& row : kWorkloads) {
    if (row.name == name) {
      return Workload{
          .name = std::string(row.name), .percent = row.percent, .distribution = row.distribution};
    }
    names += names.empty() ? "" : ", ";
    names += row.name;
  }
  return Status(StatusCode::Usage,
                "unknown workload '" + std::string(name) + "': there are " + names);
}

}  // namespace starling::bench
