#include "tools/session.h"

#include <fmt/format.h>

#include <filesystem>
#include <new>

#include "base/try.h"
#include "tools/exit_code.h"
#include "tools/interrupt.h"

namespace ashlar::tools {

namespace {

Status usage_error(const Command& command, std::string_view reason) {
  return Status::invalid_argument(
      fmt::format("{}: {}\nusage: {}", command.name, reason, usage_of(command)));
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
  return {};
}

Outcome Session::dispatch(const Command& command, const std::vector<std::string>& words) {
  std::vector<CommandOption> known = command.options;
  known.insert(known.end(), common_options().begin(), common_options().end());
  auto parsed = Arguments::parse({words.begin() + 1, words.end()}, known);
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

int Session::run(const std::vector<std::string>& words, std::string_view where) {
  forget_interrupt();
  const bool json = out_.json();
  const Command* command = find_command(words.front());
  Outcome outcome = Status::invalid_argument(
      fmt::format("there is no command '{}'; 'help' lists them", words.front()));
  try {
    if (command != nullptr) outcome = dispatch(*command, words);
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
