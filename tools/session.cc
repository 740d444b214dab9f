#include "tools/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <new>

#include "base/try.h"
#include "tools/exit_code.h"
#include "tools/interrupt.h"
#include "tools/words.h"

namespace ashlar::tools {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

Status usage_error(const Command& command, std::string_view reason) {
  return Status::invalid_argument(
      fmt::format("{}: {}\nusage: {}", command.name, reason, usage_of(command)));
}

std::vector<CommandOption> known_options(const Command& command) {
  std::vector<CommandOption> known = command.options;
  known.insert(known.end(), common_options().begin(), common_options().end());
  return known;
}

}  // namespace

Session::Session(std::string path, Options options, bool json)
    : path_(std::move(path)), options_(std::move(options)), out_(json) {}

Session::~Session() {
  if (!in_transaction_) return;
  (void)database_->rollback();
  out_.note("the open transaction is rolled back");
}

Status Session::begin(const TransactionOptions& options) {
  ASHLAR_TRY(database_->begin_transaction(options));
  in_transaction_ = true;
  return {};
}

Status Session::commit() {
  in_transaction_ = false;
  return database_->commit();
}

Status Session::rollback() {
  in_transaction_ = false;
  return database_->rollback();
}

Status Session::open(Access access) {
  if (database_ != nullptr || access == Access::kNone) return {};
  if (path_.empty()) return Status::invalid_argument("no database is named: ashlar DB COMMAND");
  Options options = options_;
  if (access == Access::kRead) options.read_only = true;
  if (options.read_only) options.create_if_missing = false;
  auto opened = Database::open(path_, options);
  database_missing_ = opened.status().is(StatusCode::kNotFound);
  if (!opened.ok()) return std::move(opened).status();
  database_ = std::move(opened).value();
  read_only_view_ = options.read_only;
  return {};
}

Status Session::reopen() {
  database_.reset();
  return open(Access::kRead);
}

Outcome Session::dispatch(const Command& command, const Result<Arguments>& parsed) {
  if (!parsed.ok()) return usage_error(command, parsed.status().message());
  const Arguments& arguments = *parsed;
  if (arguments.has("--json")) out_.set_json(true);
  if (arguments.has("--help")) {
    out_.bytes(help_for(command));
    return true;
  }
  if (arguments.size() < command.minimum_words) return usage_error(command, "too few arguments");
  if (arguments.size() > command.maximum_words) return usage_error(command, "too many arguments");
  ASHLAR_TRY(open(command.access));
  return command.run(*this, arguments);
}

int Session::run(const std::vector<std::string>& words) {
  const std::string name = decode_argument(words.front());
  const Command* command = find_command(name);
  if (command == nullptr) return run_command(name, Status(), {});
  std::vector<std::string> arguments;
  std::string text;
  for (std::size_t i = 1; i < words.size(); ++i) {
    arguments.push_back(decode_argument(words[i]));
    text += (text.empty() ? "" : " ") + words[i];
  }
  const auto known = known_options(*command);
  return run_command(
      name,
      command->takes_text ? Arguments::parse_text(text, known) : Arguments::parse(arguments, known),
      {});
}

int Session::run_line(std::string_view line, std::string_view where) {
  const std::size_t begin = line.find_first_not_of(kBlanks);
  const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
  const Command* command = find_command(line.substr(begin, end - begin));
  if (command != nullptr && command->takes_text) {
    return run_command(command->name,
                       Arguments::parse_text(line.substr(end), known_options(*command)), where);
  }
  const auto words = split_words(line);
  if (!words.ok()) {
    out_.failure(words.status(), where);
    return exit_code(words.status());
  }
  command = find_command(words->front());
  if (command == nullptr) return run_command(words->front(), Status(), where);
  return run_command(words->front(),
                     Arguments::parse({words->begin() + 1, words->end()}, known_options(*command)),
                     where);
}

int Session::run_command(std::string_view name, const Result<Arguments>& arguments,
                         std::string_view where) {
  forget_interrupt();
  const bool json = out_.json();
  const Command* command = find_command(name);
  Outcome outcome =
      Status::invalid_argument(fmt::format("there is no command '{}'; 'help' lists them", name));
  try {
    if (command != nullptr) outcome = dispatch(*command, arguments);
  } catch (const std::bad_alloc&) {
    outcome = Status::out_of_memory("not enough memory for this command");
  }
  if (!outcome.ok()) out_.failure(outcome.status(), where);
  out_.set_json(json);
  if (!out_.flush()) {
    out_.failure(Status::io_error("standard output cannot be written"), where);
    return kExitIoError;
  }
  if (outcome.ok()) return *outcome ? kExitOk : kExitNo;
  return database_missing_ ? kExitNoDatabase : exit_code(outcome.status());
}

std::string Session::prompt() const {
  auto folder = std::filesystem::path(path_).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return fmt::format("{}{}> ", folder.filename().string(), in_transaction_ ? "*" : "");
}

}  // namespace ashlar::tools
