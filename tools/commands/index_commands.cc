// index create, list, drop.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "base/try.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/json_lines.h"
#include "tools/json_text.h"
#include "tools/progress_bar.h"
#include "tools/query_grammar.h"
#include "tools/row_printer.h"
#include "tools/session.h"
#include "tools/text.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

constexpr std::chrono::milliseconds kPollInterval{20};

std::string fields_text(const IndexOptions& options) {
  std::string text;
  for (const IndexField& field : options.fields) {
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", field.path,
                        field.descending ? " desc" : "");
  }
  return text;
}

std::string properties_text(const IndexOptions& options) {
  std::string text;
  const auto add = [&](std::string_view property) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", property);
  };
  if (options.unique) add("unique");
  if (options.sparse) add("sparse");
  if (!options.collation.empty()) add("collation " + options.collation);
  if (!options.where.empty()) add("where " + options.where);
  return text;
}

std::string state_text(const IndexInfo& info) {
  std::string text(to_string(info.state));
  if (info.state == IndexState::kBuilding) {
    text += fmt::format(": {} of about {} documents", human_count(info.documents_done),
                        human_count(info.documents_total));
  }
  return info.message.empty() ? text : fmt::format("{}: {}", text, info.message);
}

// Valid UTF-8, whatever the bytes are.
std::string json_text(std::string_view text) {
  return json_string(is_utf8(text) ? std::string(text) : escape(text));
}

std::string json_of(const IndexInfo& info) {
  const IndexOptions& options = info.options;
  std::string fields;
  for (const IndexField& field : options.fields) {
    fields += fmt::format("{}{{\"path\": {}, \"descending\": {}}}", fields.empty() ? "" : ", ",
                          json_text(field.path), field.descending);
  }
  return fmt::format(
      "{{\"name\": {}, \"prefix\": {}, \"fields\": [{}], \"unique\": {}, \"sparse\": {}, "
      "\"where\": {}, \"collation\": {}, \"state\": {}, \"entries\": {}, \"documents_done\": {}, "
      "\"documents_total\": {}, \"message\": {}}}",
      json_text(info.name), json_text(options.prefix), fields, options.unique, options.sparse,
      json_text(options.where), json_text(options.collation), json_text(to_string(info.state)),
      info.entries, info.documents_done, info.documents_total, json_text(info.message));
}

Result<std::optional<IndexInfo>> find_index(Database& db, std::string_view name) {
  ASHLAR_TRY_ASSIGN(const auto all, db.indexes());
  const auto found = std::ranges::find(all, name, &IndexInfo::name);
  return found == all.end() ? std::optional<IndexInfo>() : std::optional<IndexInfo>(*found);
}

// Waits for the index beside the thread that makes it, shows how far it is, and drops it at
// Control-C, which ends that thread's waiting.
Status watch_building(Database& db, const IndexText& index) {
  auto made =
      std::async(std::launch::async, [&] { return db.create_index(index.name, index.options); });
  ProgressBar bar(stderr, "index", "documents");
  while (made.wait_for(kPollInterval) != std::future_status::ready) {
    if (interrupted()) {
      // Not there yet, or no more: the next turn tells.
      (void)db.drop_index(index.name);
      continue;
    }
    const auto info = find_index(db, index.name);
    if (info.ok() && *info) {
      bar.update((*info)->documents_done, (*info)->documents_total, (*info)->documents_done);
    }
  }
  const Status status = made.get();
  return !status.ok() && interrupted() ? interrupted_error() : status;
}

Outcome create(Session& session, IndexText index, bool in_background) {
  Database& db = session.db();
  ASHLAR_TRY_ASSIGN(const auto existing, find_index(db, index.name));
  index.options.wait = !in_background;
  // These fail at once, or need no watching.
  const bool at_once = existing || session.in_transaction() || in_background;
  const Status status =
      at_once ? db.create_index(index.name, index.options) : watch_building(db, index);
  if (!status.ok()) {
    const auto left = find_index(db, index.name);
    if (!existing && left.ok() && *left && (*left)->state == IndexState::kFailed) {
      session.out().note(
          fmt::format("the index stays in the list as failed: index drop {}", index.name));
    }
    return status;
  }
  ASHLAR_TRY_ASSIGN(const auto info, find_index(db, index.name));
  if (info) {
    session.out().result(
        fmt::format("index {} is {}", escape(index.name),
                    in_background
                        ? state_text(*info)
                        : "ready: about " + human_count(info->entries, "entry", "entries")),
        json_of(*info));
  }
  return true;
}

Outcome list(Session& session) {
  ASHLAR_TRY_ASSIGN(const auto all, session.db().indexes());
  const Output& out = session.out();
  std::vector<std::vector<std::string>> rows;
  for (const IndexInfo& info : all) {
    if (out.json()) out.line(json_of(info));
    rows.push_back({escape(info.name), escape(info.options.prefix), fields_text(info.options),
                    properties_text(info.options), human_count(info.entries), state_text(info)});
  }
  if (!out.json() && !rows.empty()) {
    out.bytes(render_table({"name", "prefix", "fields", "properties", "entries", "state"}, rows,
                           {false, false, false, false, true, false},
                           out.is_terminal() ? out.columns() : 0));
  }
  return !all.empty();
}

Outcome index(Session& session, const Arguments& arguments) {
  ASHLAR_TRY_ASSIGN(const IndexText text, parse_index_text(arguments[0]));
  if (text.action == IndexText::Action::kList) {
    ASHLAR_TRY(session.open(Access::kRead));
    return list(session);
  }
  ASHLAR_TRY(session.open(Access::kWrite));
  if (text.action == IndexText::Action::kCreate) {
    return create(session, text, arguments.has("--background"));
  }
  ASHLAR_TRY(session.db().drop_index(text.name));
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

}  // namespace

std::vector<Command> index_commands() {
  return {
      {.name = "index",
       .group = "Indexes",
       .synopsis = "create NAME … | list | drop NAME",
       .summary = "Make, list or drop an index over documents.",
       .details = "  index create by_city on user: fields address.city, age desc\n"
                  "  index create by_mail on user: fields mail unique sparse where active = true\n"
                  "create NAME on PREFIX fields FIELD [desc], … [unique] [sparse] [where FILTER]\n"
                  "[collation LOCALE] returns when the index is complete; Control-C gives it up.",
       .takes_text = true,
       .minimum_words = 1,
       .maximum_words = 1,
       .options = {{"--background", "",
                    "create: return at once; `index list` shows how far it is"}},
       // Opened by what is to be done.
       .access = Access::kNone,
       .run = index},
  };
}

}  // namespace ashlar::tools
