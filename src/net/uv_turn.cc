#include "net/uv_turn.h"

#include <algorithm>
#include <cstddef>

#include <uv.h>

#include "base/assert.h"
#include "net/uv_loop.h"

namespace starling {

TurnTask::~TurnTask() {
  if (scheduled_) turn_.forget(*this);
}

void TurnTask::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  turn_.tasks_.push_back(this);
}

UvTurn::UvTurn(UvLoop& loop) : prepare_(new uv_prepare_t{}), check_(new uv_check_t{}) {
  STARLING_CHECK(uv_prepare_init(loop.raw(), prepare_.get()) == 0);
  STARLING_CHECK(uv_check_init(loop.raw(), check_.get()) == 0);
  prepare_->data = this;
  check_->data = this;
  uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) {
    auto* const turn = static_cast<UvTurn*>(handle->data);
    turn->run_tasks();
    if (turn->before_sleep_) turn->before_sleep_();
  });
  uv_check_start(check_.get(),
                 [](uv_check_t* handle) { static_cast<UvTurn*>(handle->data)->run_tasks(); });
  // They only accompany other work: a loop with nothing else in it may end.
  uv_unref(reinterpret_cast<uv_handle_t*>(prepare_.get()));
  uv_unref(reinterpret_cast<uv_handle_t*>(check_.get()));
}

void UvTurn::run_tasks() {
  // By index: a task may schedule or destroy others.
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    TurnTask* const task = tasks_[i];
    if (task == nullptr) continue;
    tasks_[i] = nullptr;
    task->scheduled_ = false;
    task->at_turn_end();
  }
  tasks_.clear();
}

void UvTurn::forget(const TurnTask& task) {
  std::replace(tasks_.begin(), tasks_.end(), const_cast<TurnTask*>(&task),
               static_cast<TurnTask*>(nullptr));
}

}  // namespace starling
