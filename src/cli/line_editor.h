#pragma once

// LineEditor: lines typed at a terminal, with history and completion. The one place that knows
// libedit. While one exists ctrl-c does not end the process: at the prompt it drops the line, and
// meanwhile it is_interrupted().

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <histedit.h>

#include "cli/completion.h"
#include "cli/line_source.h"
#include "cli/shell_history.h"

namespace starling::cli {

class LineEditor final : public LineSource {
 public:
  using Completer = std::function<Completion(std::string_view line)>;

  // Echoes to `out`. `history` and what the completer refers to live longer.
  LineEditor(std::FILE* in, std::FILE* out, ShellHistory& history, Completer completer);
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;
  LineEditor(LineEditor&&) = delete;
  LineEditor& operator=(LineEditor&&) = delete;
  ~LineEditor() override;

  [[nodiscard]] Read next(const std::string& prompt) override;

  // Whether ctrl-c was typed since the last line or the last call.
  [[nodiscard]] static bool is_interrupted();

 private:
  static LineEditor& of(EditLine* line);
  static char* prompt_of(EditLine* line);
  static unsigned char on_abandon(EditLine* line, int key);
  static unsigned char on_suspend(EditLine* line, int key);
  static unsigned char on_complete(EditLine* line, int key);
  unsigned char complete_word();
  void list(const std::vector<std::string>& candidates) const;
  void bind_keys();

  std::FILE* out_;
  ShellHistory& history_;
  Completer completer_;
  sigset_t signals_before_;
  std::unique_ptr<History, decltype(&history_end)> known_;
  std::unique_ptr<EditLine, decltype(&el_end)> line_;
  std::string prompt_;
  bool abandoned_ = false;
};

}  // namespace starling::cli
