#include <algorithm>
#include <memory>
#include <optional>

#include "ashlar/backup.h"
#include "base/operation.h"
#include "base/try.h"
#include "care/backup_index.h"
#include "care/value_salvage.h"
#include "db/engine.h"
#include "db/log_archive.h"
#include "env/posix_env.h"
#include "wal/log_reader.h"

namespace ashlar {
namespace {

constexpr char kArchiveFolderName[] = "log";

// Brings a restored database forward by the archived log of the one that it is a copy of.
class Replayer {
 public:
  Replayer(Engine* engine, Env& env, const std::string& archive, uint64_t to_us,
           RestoreReport* report)
      : engine_(*engine),
        env_(env),
        archive_(archive),
        to_us_(to_us),
        report_(*report),
        values_(env, archive) {}

  Status run(const BackupIndex& index) {
    const auto owner = read_archive_owner(env_, archive_);
    if (owner.status().is(StatusCode::kNotFound)) {
      return Status::not_found("there is no archived log in " + archive_);
    }
    ASHLAR_TRY(owner.status());
    if (*owner != index.database_id) {
      return Status::invalid_argument(archive_ + " is the log archive of another database");
    }
    bool reached = false;
    Status applied;
    const auto replayed =
        replay_log(env_, archive_, index.log_position, [&](const LogFrame& frame) -> Status {
          applied = apply(frame, &reached);
          return reached ? Status::aborted("far enough") : applied;
        });
    ASHLAR_TRY(applied);
    if (!reached) ASHLAR_TRY(replayed.status());
    return engine_.flush();
  }

 private:
  // One commit as one commit; *reached if it is too young.
  Status apply(const LogFrame& frame, bool* reached) {
    std::vector<Operation> operations;
    for (std::string_view rest = frame.operations; !rest.empty();) {
      std::size_t used = 0;
      ASHLAR_TRY_ASSIGN(const Operation operation, decode_operation(rest, &used));
      operations.push_back(operation);
      rest.remove_prefix(used);
    }
    if (operations.empty()) return {};
    *reached = operations.front().timestamp_us > to_us_;
    if (*reached) return {};
    Commit commit;
    std::vector<std::unique_ptr<std::string>> kept;  // what the commit's views point into
    for (const Operation& operation : operations) ASHLAR_TRY(add(operation, &commit, &kept));
    ASHLAR_TRY(engine_.write(&commit, Durability::kProcess));
    ++report_.commits_replayed;
    report_.reached_us = std::max(report_.reached_us, operations.front().timestamp_us);
    return {};
  }

  Status add(const Operation& operation, Commit* commit,
             std::vector<std::unique_ptr<std::string>>* kept) {
    if (operation.kind == EntryKind::kDelete) {
      commit->del(operation.key);
    } else if (operation.kind == EntryKind::kDeleteRange) {
      commit->del_range(operation.key, operation.value);
    } else {
      std::string_view value = operation.value;
      if (operation.value_is_pointer) {
        ValueSalvage::Place place;
        kept->push_back(std::make_unique<std::string>());
        const Status read = values_.read(operation.key, value, kept->back().get(), &place);
        if (!read.ok()) {
          return Status::corruption(place.file + ": offset " + std::to_string(place.offset) + ": " +
                                    std::string(read.message()));
        }
        value = *kept->back();
      }
      return engine_.add_set(operation.key, value, operation.expires_at_ms, commit);
    }
    return {};
  }

  Engine& engine_;
  Env& env_;
  const std::string archive_;
  const uint64_t to_us_;
  RestoreReport& report_;
  ValueSalvage values_;
};

// The backup that the options ask for.
Result<BackupIndex> choose(Env& env, const std::string& folder, const RestoreOptions& options,
                           uint64_t* chosen) {
  ASHLAR_TRY_ASSIGN(const auto numbers, backup_numbers(env, folder));
  std::optional<BackupIndex> found;
  for (auto number = numbers.rbegin(); number != numbers.rend() && !found; ++number) {
    if (options.number != 0 && *number != options.number) continue;
    ASHLAR_TRY_ASSIGN(BackupIndex index, read_backup_index(env, folder, *number));
    if (options.to_us && index.taken_us > *options.to_us) continue;
    *chosen = *number;
    found = std::move(index);
  }
  if (found) return std::move(*found);
  return Status::not_found(options.to_us ? folder + " has no backup that is old enough"
                                         : folder + " has no such backup");
}

Status copy_files(Env& env, const std::string& folder, uint64_t number, const BackupIndex& index,
                  const std::string& to) {
  for (const BackupFile& file : index.files) {
    const std::string from = stored_path(folder, number, file);
    auto copied = copy_file(env, from, join_path(to, file.name));
    if (copied.status().is(StatusCode::kNotFound)) {
      return Status::corruption(from + ": is missing from the backup");
    }
    ASHLAR_TRY(copied.status());
    if (*copied != file.digest) {
      return Status::corruption(from + ": offset 0: the bytes are not those that were written");
    }
  }
  return {};
}

Status verify(const Engine& engine) {
  VerifyFindings findings;
  ASHLAR_TRY(engine.verify({}, &findings));
  if (findings.problems.empty()) return {};
  return Status::corruption("the restored database does not verify: " + findings.problems.front());
}

}  // namespace

Result<RestoreReport> restore_backup(std::string_view folder, std::string_view destination,
                                     const RestoreOptions& options) {
  Env& env = options.env != nullptr ? *options.env : *real_env();
  const std::string from(folder);
  RestoreReport report;
  uint64_t number = 0;
  ASHLAR_TRY_ASSIGN(const BackupIndex index, choose(env, from, options, &number));
  report.backup = index.info(number);
  report.reached_us = index.taken_us;

  ASHLAR_TRY_ASSIGN(const auto made, NewFolder::create(env, std::string(destination)));
  ASHLAR_TRY(copy_files(env, from, number, index, made->path()));
  Options opening;
  opening.memory_budget = options.memory_budget;
  opening.create_if_missing = false;
  opening.scrub_bytes_per_second = 0;
  opening.env = &env;
  {
    ASHLAR_TRY_ASSIGN(const auto engine, Engine::open(made->path(), opening));
    if (options.to_us) {
      const std::string archive =
          options.log_archive.empty() ? join_path(from, kArchiveFolderName) : options.log_archive;
      ASHLAR_TRY(Replayer(engine.get(), env, archive, *options.to_us, &report).run(index));
    }
    ASHLAR_TRY(verify(*engine));
  }
  ASHLAR_TRY(made->publish());
  return report;
}

}  // namespace ashlar
