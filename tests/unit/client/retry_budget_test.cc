#include "client/retry_budget.h"

#include <doctest/doctest.h>

namespace starling {
namespace {

int spend_all(RetryBudget& budget) {
  int retries = 0;
  while (budget.spend()) ++retries;
  return retries;
}

TEST_CASE("RetryBudget: single failures are within the reserve, a flood of them is not") {
  RetryBudget budget;
  CHECK(spend_all(budget) == 100);
  CHECK_FALSE(budget.spend());
}

TEST_CASE("RetryBudget: ten answers earn one retry") {
  RetryBudget budget;
  spend_all(budget);
  for (int answer = 0; answer < 9; ++answer) budget.earn();
  CHECK_FALSE(budget.spend());
  budget.earn();
  CHECK(budget.spend());
  CHECK_FALSE(budget.spend());
}

TEST_CASE("RetryBudget: a long good time saves up no more than the reserve") {
  RetryBudget budget;
  for (int answer = 0; answer < 100'000; ++answer) budget.earn();
  CHECK(spend_all(budget) == 100);
}

}  // namespace
}  // namespace starling
