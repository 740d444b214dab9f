// What commands work on: the database, opened when it is first needed, and the output.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/database.h"
#include "tools/command.h"
#include "tools/output.h"

namespace ashlar::tools {

// Lives as long as the program runs. Threads: one.
class Session {
 public:
  // `path` is the database's folder; empty when the command line names none.
  Session(std::string path, Options options, bool json);
  // Rolls back an open transaction.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::string& path() const { return path_; }
  const Options& options() const { return options_; }
  const Output& out() const { return out_; }

  // Opens the database unless it is open. What a session of several commands opens is open for
  // writing if the options allow it, a single reading command opens read-only.
  Status open(Access access);
  bool is_open() const { return database_ != nullptr; }
  // Whether what is open is a read-only view, which reopen() brings up to date.
  bool is_read_only_view() const { return read_only_view_; }
  Status reopen();
  // Must be open.
  Database& db() { return *database_; }

  // The transaction that all commands belong to while it is open. Errors as of Database.
  Status begin(const TransactionOptions& options);
  Status commit();
  Status rollback();

  bool in_transaction() const { return in_transaction_; }

  // Run one command and print what comes of it; `where` is put in front of an error. Return the
  // exit code. The first takes the words of the process's command line, as the calling shell passed
  // them; the second a line as it was typed, which is not blank.
  int run(const std::vector<std::string>& words);
  int run_line(std::string_view line, std::string_view where = {});

  // Ends the shell after this command.
  void leave() { leaving_ = true; }
  bool leaving() const { return leaving_; }

  // What the shell shows in front of the cursor: the folder, and a star in a transaction.
  std::string prompt() const;

 private:
  int run_command(std::string_view name, const Result<Arguments>& arguments,
                  std::string_view where);
  Outcome dispatch(const Command& command, const Result<Arguments>& parsed);

  std::string path_;
  Options options_;
  Output out_;
  std::unique_ptr<Database> database_;
  bool read_only_view_ = false;
  bool database_missing_ = false;
  bool in_transaction_ = false;
  bool leaving_ = false;
};

}  // namespace ashlar::tools
