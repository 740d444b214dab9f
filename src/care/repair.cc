#include "care/repair.h"

#include <memory>

#include "base/try.h"
#include "care/folder_survey.h"
#include "care/repair_sources.h"
#include "care/repair_writer.h"
#include "env/new_folder.h"
#include "env/posix_env.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

// A living writer has the lock; that there is none is no trouble, nor that it can't be written.
Result<std::unique_ptr<FileLock>> lock_source(Env& env, const std::string& folder) {
  const std::string path = join_path(folder, kLockFileName);
  const auto there = env.exists(path);
  if (!there.ok() || !*there) return std::unique_ptr<FileLock>();
  auto lock = env.lock(path);
  if (lock.ok() || lock.status().is(StatusCode::kBusy)) return lock;
  return std::unique_ptr<FileLock>();
}

std::string without_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path);
}

Status check_places(Env& env, const std::string& source, const std::string& destination) {
  if (destination == source || destination.starts_with(source + "/")) {
    return Status::invalid_argument("the repaired database can't lie in " + source);
  }
  ASHLAR_TRY_ASSIGN(const bool there, env.exists(source));
  return there ? Status() : Status::not_found("there is no folder " + source);
}

Status write_and_finish(Env& env, const std::string& destination, const RepairOptions& options,
                        bool keep_system_keys, const FinishRepair& finish, MemoryBudget* budget,
                        RepairSources* sources, RepairReport* report) {
  ASHLAR_TRY_ASSIGN(const auto folder, NewFolder::create(env, destination));
  ASHLAR_TRY(
      write_repaired(env, folder->path(), options, keep_system_keys, budget, sources, report));
  ASHLAR_TRY(finish(folder->path(), report));
  return folder->publish();
}

Status run(Env& env, const std::string& source, const std::string& destination,
           const RepairOptions& options, const FinishRepair& finish, RepairReport* report) {
  ASHLAR_TRY(check_places(env, source, destination));
  ASHLAR_TRY_ASSIGN(const auto lock, lock_source(env, source));
  ASHLAR_TRY_ASSIGN(const FolderSurvey survey, survey_folder(env, source));
  report->manifest = survey.manifest;
  report->notes = survey.notes;
  MemoryBudget budget(options.memory_budget);
  RepairSources sources(env, source, &budget, report);
  ASHLAR_TRY(sources.collect(survey));
  const RepairReport collected = *report;
  const Status whole =
      write_and_finish(env, destination, options, true, finish, &budget, &sources, report);
  const bool out_of_order = whole.is(StatusCode::kCorruption);
  if (!out_of_order) return whole;
  *report = collected;
  report->notes.push_back("the indexes were left out: " + std::string(whole.message()));
  return write_and_finish(env, destination, options, false, finish, &budget, &sources, report);
}

}  // namespace

Status repair_and_finish(std::string_view path, std::string_view destination,
                         const RepairOptions& options, const FinishRepair& finish,
                         RepairReport* report) {
  *report = RepairReport{};
  if (options.memory_budget < Options::kMinimumMemoryBudget) {
    return Status::invalid_argument("memory_budget is below " +
                                    std::to_string(Options::kMinimumMemoryBudget) + " bytes");
  }
  Env& env = options.env != nullptr ? *options.env : *real_env();
  return run(env, without_slashes(path), without_slashes(destination), options, finish, report);
}

}  // namespace ashlar
