#include "tools/shell.h"

#include <fmt/format.h>
#include <histedit.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include "tools/completion.h"
#include "tools/exit_code.h"
#include "tools/interrupt.h"
#include "tools/words.h"

namespace ashlar::tools {

namespace {

constexpr int kHistoryLines = 10'000;

// $XDG_STATE_HOME/ashlar/history, or ~/.ashlar_history; empty if neither is known.
std::string history_path() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') {
    const auto folder = std::filesystem::path(state) / "ashlar";
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    return folder / "history";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr) return {};
  return std::filesystem::path(home) / ".ashlar_history";
}

// The line editor with its history. Threads: one.
class Editor {
 public:
  explicit Editor(Session& session) : session_(session), history_(history_init()) {
    editor_ = el_init("ashlar", stdin, stdout, stderr);
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, &Editor::prompt);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_ADDFN, "complete", "complete the word", &Editor::on_tab);
    el_set(editor_, EL_BIND, "\t", "complete", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(editor_, nullptr);
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLines);
    history(history_, &event, H_SETUNIQUE, 1);
    el_set(editor_, EL_HIST, history, history_);
    path_ = history_path();
    if (!path_.empty()) history(history_, &event, H_LOAD, path_.c_str());
  }
  ~Editor() {
    HistEvent event;
    if (!path_.empty()) history(history_, &event, H_SAVE, path_.c_str());
    el_end(editor_);
    history_end(history_);
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  // False at the end of the input. Control-C gives an empty line.
  bool read(std::string* line) {
    line->clear();
    // What ended the last command must not end this line too.
    forget_interrupt();
    prompt_ = session_.prompt();
    int length = 0;
    errno = 0;
    const char* typed = el_gets(editor_, &length);
    if (interrupted()) {
      forget_interrupt();
      el_reset(editor_);
      fmt::print("^C\n");
      return true;
    }
    if (typed == nullptr || length <= 0) {
      fmt::print("\n");
      return false;
    }
    line->assign(typed, static_cast<std::size_t>(length));
    return true;
  }

  void remember(const std::string& line) {
    HistEvent event;
    history(history_, &event, H_ENTER, line.c_str());
  }

 private:
  static Editor* of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return static_cast<Editor*>(self);
  }

  static char* prompt(EditLine* editor) { return of(editor)->prompt_.data(); }

  static unsigned char on_tab(EditLine* editor, int) {
    Editor* self = of(editor);
    const LineInfo* info = el_line(editor);
    const std::string_view before(info->buffer,
                                  static_cast<std::size_t>(info->cursor - info->buffer));
    const Completion completion = complete(before, self->session_);
    if (!completion.insert.empty()) {
      return el_insertstr(editor, completion.insert.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    }
    if (completion.choices.empty()) return CC_ERROR;
    fmt::print("\n");
    for (const std::string& choice : completion.choices) fmt::print("{}\n", choice);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  Session& session_;
  EditLine* editor_ = nullptr;
  History* history_;
  std::string path_;
  std::string prompt_;
};

void greet(Session& session) {
  const Options& options = session.options();
  session.out().note(fmt::format("ashlar {} on {}{}. 'help' lists the commands, 'exit' leaves.",
                                 ASHLAR_VERSION, session.path(),
                                 options.read_only ? " (read-only)" : ""));
}

}  // namespace

int run_shell(Session& session) {
  std::setlocale(LC_CTYPE, "");
  if (const Status status = session.open(Access::kWrite); !status.ok()) {
    session.out().failure(status);
    return status.is(StatusCode::kNotFound) ? kExitNoDatabase : exit_code(status);
  }
  greet(session);
  catch_interrupts();
  Editor editor(session);
  std::string line;
  while (!session.leaving() && editor.read(&line)) {
    if (is_blank_line(line)) continue;
    editor.remember(line);
    session.run_line(line);
  }
  return kExitOk;
}

}  // namespace ashlar::tools
