#include "support/sample_database.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/expect.h"

namespace ashlar {
namespace {

constexpr uint64_t kWrites = 900;

void write_some(Database& database, uint64_t from, uint64_t to, ScriptState* state) {
  for (uint64_t number = from; number < to; ++number) {
    ASSERT_OK(database.write(sample_script().batch(number)));
    sample_script().apply(number, state);
  }
}

}  // namespace

Options sample_options(Compression compression) {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.compression = compression;
  return options;
}

const WriteScript& sample_script() {
  static const WriteScript script(20260730, "sample:", 20'000);
  return script;
}

ScriptState make_sample(const std::string& folder, Compression compression) {
  const std::string living = folder + ".living";
  ScriptState state;
  Options options = sample_options(compression);
  options.durability = Durability::kProcess;
  auto opened = Database::open(living, options);
  EXPECT_OK(opened);
  if (!opened.ok()) return state;
  Database& database = **opened;
  write_some(database, 0, kWrites / 3, &state);
  EXPECT_OK(database.compact());
  write_some(database, kWrites / 3, 2 * kWrites / 3, &state);
  EXPECT_OK(database.flush());
  EXPECT_OK(database.wait_for_background());
  write_some(database, 2 * kWrites / 3, 5 * kWrites / 6, &state);
  EXPECT_OK(database.sync());
  // The frames of these writes tell that those before them were on stable storage.
  write_some(database, 5 * kWrites / 6, kWrites, &state);
  copy_as_killed(database, folder);
  opened->reset();
  std::filesystem::remove_all(living);
  return state;
}

void copy_as_killed(Database& database, const std::string& to) {
  EXPECT_OK(database.sync());
  // A segment of the log may be made or removed at any time; no file that matters is.
  for (int attempt = 0; attempt < 100; ++attempt) {
    EXPECT_OK(database.wait_for_background());
    std::error_code error;
    std::filesystem::remove_all(to);
    std::filesystem::copy(database.path(), to, std::filesystem::copy_options::recursive, error);
    if (!error) return;
  }
  ADD_FAILURE() << "the folder never rests";
}

Examination examine(const std::string& folder, const ScriptState& expected, Options options) {
  Examination result;
  const auto note = [&](const Status& status) {
    if (status.ok()) return;
    if (result.status.ok()) result.status = status;
    result.problems += status.to_string() + "\n";
  };
  auto opened = Database::open(folder, options);
  if (!opened.ok()) {
    note(opened.status());
    return result;
  }
  const Database& database = **opened;
  for (const auto& [key, recipe] : expected) {
    const auto found = database.get(key);
    if (found.ok() ? *found != recipe.make() : found.status().is(StatusCode::kNotFound)) {
      result.wrong = "get " + key + ": " + (found.ok() ? "wrong value" : "not found");
      return result;
    }
    note(status_of(found));
  }
  const auto range = database.prefix(sample_script().prefix());
  auto want = expected.begin();
  for (const Entry& entry : range) {
    if (want == expected.end() || entry.key != want->first || entry.value != want->second.make()) {
      result.wrong = "range: " + std::string(entry.key);
      return result;
    }
    ++want;
  }
  if (range.status().ok() && want != expected.end()) result.wrong = "range: " + want->first;
  note(range.status());
  const auto report = database.verify();
  note(status_of(report));
  result.verify_found = !report.ok() || !report->problems.empty();
  if (report.ok()) {
    for (const std::string& problem : report->problems) result.problems += problem + "\n";
  }
  return result;
}

}  // namespace ashlar
