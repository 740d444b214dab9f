#include "ashlar/status.h"

namespace ashlar {

std::string_view to_string(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kNotFound:
      return "not found";
    case StatusCode::kInvalidArgument:
      return "invalid argument";
    case StatusCode::kTooLarge:
      return "too large";
    case StatusCode::kConflict:
      return "conflict";
    case StatusCode::kBusy:
      return "busy";
    case StatusCode::kNoSpace:
      return "no space";
    case StatusCode::kReadOnly:
      return "read-only";
    case StatusCode::kIoError:
      return "i/o error";
    case StatusCode::kCorruption:
      return "corruption";
    case StatusCode::kUnsupported:
      return "unsupported";
    case StatusCode::kOutOfMemory:
      return "out of memory";
    case StatusCode::kAborted:
      return "aborted";
    case StatusCode::kDuplicate:
      return "duplicate";
  }
  return "unknown";
}

Status::Status(StatusCode code, std::string message)
    : state_(code == StatusCode::kOk ? nullptr : new State{code, std::move(message)}) {}

Status::StatePointer Status::copy(const State& state) {
  return StatePointer(state.shared ? &state : new State(state));
}

Status Status::no_such_key() noexcept {
  static const State* const state = new State{StatusCode::kNotFound, "no such key", true};
  return Status(StatePointer(state));
}

std::string Status::to_string() const {
  std::string text(ashlar::to_string(code()));
  if (!message().empty()) text.append(": ").append(message());
  return text;
}

}  // namespace ashlar
