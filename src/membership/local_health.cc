#include "membership/local_health.h"

namespace starling {

void LocalHealth::on_bad_sign() {
  if (score_ < score_max_) ++score_;
}

void LocalHealth::on_good_sign() {
  if (score_ > 0) --score_;
}

}  // namespace starling
