#include "cli/line_editor.h"

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <histedit.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/assert.h"
#include "cli/completion.h"
#include "cli/line_source.h"
#include "cli/shell_history.h"

// The C library spreads the names of its public headers over internal ones.
// NOLINTBEGIN(misc-include-cleaner)
namespace starling::cli {
namespace {

// What libedit calls the keys' functions, should somebody bind them elsewhere in ~/.editrc.
constexpr const char* kAbandon = "starling-abandon";
constexpr const char* kSuspend = "starling-suspend";
constexpr const char* kComplete = "starling-complete";

// More would push the line out of sight.
constexpr std::size_t kListedMax = 200;
constexpr std::size_t kColumnsWithoutTerminal = 80;

sigset_t interrupt_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  return signals;
}

// libedit reads characters, not bytes: outside UTF-8 it would drop all that is not ASCII.
void use_characters() {
  static_cast<void>(std::setlocale(LC_CTYPE, ""));
  if (MB_CUR_MAX == 1) static_cast<void>(std::setlocale(LC_CTYPE, "C.UTF-8"));
}

int characters_in(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// A terminal that takes no more is nothing to be told on it.
void show(std::FILE* out, const std::string& text) {
  static_cast<void>(std::fputs(text.c_str(), out));
  static_cast<void>(std::fflush(out));
}

std::size_t columns_of(std::FILE* out) {
  winsize size{};
  const bool known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kColumnsWithoutTerminal;
}

}  // namespace

LineEditor::LineEditor(std::FILE* in, std::FILE* out, ShellHistory& history, Completer completer)
    : out_(out),
      history_(history),
      completer_(std::move(completer)),
      signals_before_(),
      known_(history_init(), history_end),
      line_(nullptr, el_end) {
  // Threads that are started from here on inherit it: is_interrupted() alone takes the signal.
  const sigset_t interrupt = interrupt_signal();
  pthread_sigmask(SIG_BLOCK, &interrupt, &signals_before_);
  use_characters();
  line_.reset(el_init("starling", in, out, out));
  STARLING_CHECK(line_ != nullptr && known_ != nullptr);
  HistEvent event;
  ::history(known_.get(), &event, H_SETSIZE, static_cast<int>(ShellHistory::kLinesMax));
  for (const std::string& each : history_.lines()) {
    ::history(known_.get(), &event, H_ENTER, each.c_str());
  }
  el_set(line_.get(), EL_CLIENTDATA, this);
  el_set(line_.get(), EL_PROMPT, prompt_of);
  el_set(line_.get(), EL_SIGNAL, 1);  // it follows the window's size, and ctrl-z
  el_set(line_.get(), EL_EDITOR, "emacs");
  el_set(line_.get(), EL_HIST, ::history, known_.get());
  bind_keys();
  el_source(line_.get(), nullptr);
}

LineEditor::~LineEditor() {
  line_.reset();
  static_cast<void>(is_interrupted());
  pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
}

void LineEditor::bind_keys() {
  EditLine* const line = line_.get();
  el_set(line, EL_ADDFN, kAbandon, "drop the line", on_abandon);
  el_set(line, EL_ADDFN, kComplete, "complete the word", on_complete);
  el_set(line, EL_ADDFN, kSuspend, "stop the shell until it is continued", on_suspend);
  // At the prompt ctrl-c and ctrl-z are keys like others: no signal, and nothing typed is dropped.
  el_set(line, EL_SETTY, "-d", "-isig", nullptr);
  el_set(line, EL_BIND, "^C", kAbandon, nullptr);
  el_set(line, EL_BIND, "^Z", kSuspend, nullptr);
  el_set(line, EL_BIND, "\t", kComplete, nullptr);
  el_set(line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

LineSource::Read LineEditor::next(const std::string& prompt) {
  prompt_ = prompt;
  abandoned_ = false;
  // By itself it would do so behind the prompt: a key that came in between would be the terminal's.
  el_set(line_.get(), EL_PREP_TERM, 1);
  int count = 0;
  const char* const typed = el_gets(line_.get(), &count);
  // What comes from here on is meant for the command.
  static_cast<void>(is_interrupted());
  if (abandoned_) return {.event = Event::Abandoned, .text = {}};
  if (typed == nullptr || count <= 0) return {.event = Event::End, .text = {}};
  std::string text(typed, static_cast<std::size_t>(count));
  if (text.ends_with('\n')) text.pop_back();
  HistEvent event;
  if (history_.add(text)) ::history(known_.get(), &event, H_ENTER, text.c_str());
  return {.event = Event::Line, .text = std::move(text)};
}

bool LineEditor::is_interrupted() {
  const sigset_t interrupt = interrupt_signal();
  const timespec at_once{};
  return sigtimedwait(&interrupt, nullptr, &at_once) == SIGINT;
}

LineEditor& LineEditor::of(EditLine* line) {
  void* editor = nullptr;
  el_get(line, EL_CLIENTDATA, &editor);
  return *static_cast<LineEditor*>(editor);
}

char* LineEditor::prompt_of(EditLine* line) {
  return of(line).prompt_.data();
}

// An empty line would be the end; abandoned_ tells them apart.
unsigned char LineEditor::on_abandon(EditLine* line, int /*key*/) {
  LineEditor& editor = of(line);
  editor.abandoned_ = true;
  show(editor.out_, "^C\n");
  return CC_EOF;
}

// libedit's own handler gives the terminal back before, and takes it again behind it.
unsigned char LineEditor::on_suspend(EditLine* /*line*/, int /*key*/) {
  kill(0, SIGTSTP);
  return CC_NORM;
}

unsigned char LineEditor::on_complete(EditLine* line, int /*key*/) {
  return of(line).complete_word();
}

unsigned char LineEditor::complete_word() {
  const LineInfo* const info = el_line(line_.get());
  const std::string_view line(info->buffer, static_cast<std::size_t>(info->cursor - info->buffer));
  const Completion completion = completer_(line);
  if (completion.candidates.empty()) return CC_ERROR;
  const std::string typed(line.substr(completion.begin));
  const std::string longer = shared_beginning(completion.candidates);
  if (longer.size() > typed.size() || completion.candidates.size() == 1) {
    if (!typed.empty()) el_deletestr(line_.get(), characters_in(typed));
    return el_insertstr(line_.get(), longer.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  }
  list(completion.candidates);
  return CC_REDISPLAY;
}

void LineEditor::list(const std::vector<std::string>& candidates) const {
  std::size_t widest = 0;
  for (const std::string& each : candidates) widest = std::max(widest, each.size());
  const std::size_t columns = std::max<std::size_t>(1, columns_of(out_) / (widest + 1));
  const std::size_t shown = std::min(candidates.size(), kListedMax);
  std::string text;
  for (std::size_t index = 0; index < shown; ++index) {
    if (index % columns == 0) text += '\n';
    text += fmt::format("{:<{}}", candidates[index], widest + 1);
  }
  if (shown < candidates.size())
    text += fmt::format("\n... and {} more", candidates.size() - shown);
  show(out_, text + "\n");
}

}  // namespace starling::cli
// NOLINTEND(misc-include-cleaner)
