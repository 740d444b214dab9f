// How every call of Ashlar reports failure: a code for the program, a message for the person.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ashlar {

// Tells the caller what can be done about a failure, not where it arose.
enum class StatusCode : unsigned char {
  kOk = 0,
  kNotFound,         // no such key, file or database; nothing is wrong
  kInvalidArgument,  // the call is at fault: fix it; repeating it cannot help
  kTooLarge,         // a documented limit was exceeded; nothing was written
  kConflict,         // another commit got there first: run the transaction again
  kBusy,             // somebody else holds what is needed (another process, an open transaction)
  kNoSpace,          // the disk is full; reads go on, and writes do again once there is room
  kReadOnly,         // opened read-only, or a write failed earlier: open the database anew
  kIoError,          // the operating system reported an error; the message has its name and file
  kCorruption,       // stored bytes are not what was written; the message has file and offset
  kUnsupported,      // written by a newer version, or by a build with other libraries
  kOutOfMemory,      // an allocation failed; nothing was changed
  kAborted,          // the transaction or snapshot was ended by its age limit
  kDuplicate,        // a unique index has the values already; the message has both keys
};

// The code's name as printed: "not found", "invalid argument", …
std::string_view to_string(StatusCode code);

// Success, or a code with a message. One pointer wide; null means success, so passing it is free.
//
// Threads: a Status is a value; distinct objects may be used freely from distinct threads.
class [[nodiscard]] Status {
 public:
  Status() noexcept = default;
  Status(StatusCode code, std::string message);
  Status(const Status& other) : state_(other.state_ == nullptr ? nullptr : copy(*other.state_)) {}
  Status& operator=(const Status& other) { return *this = Status(other); }
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  // What a read of an absent key says: kNotFound, made without taking memory.
  static Status no_such_key() noexcept;
  static Status not_found(std::string m) { return {StatusCode::kNotFound, std::move(m)}; }
  static Status invalid_argument(std::string m) {
    return {StatusCode::kInvalidArgument, std::move(m)};
  }
  static Status too_large(std::string m) { return {StatusCode::kTooLarge, std::move(m)}; }
  static Status conflict(std::string m) { return {StatusCode::kConflict, std::move(m)}; }
  static Status busy(std::string m) { return {StatusCode::kBusy, std::move(m)}; }
  static Status no_space(std::string m) { return {StatusCode::kNoSpace, std::move(m)}; }
  static Status read_only(std::string m) { return {StatusCode::kReadOnly, std::move(m)}; }
  static Status io_error(std::string m) { return {StatusCode::kIoError, std::move(m)}; }
  static Status corruption(std::string m) { return {StatusCode::kCorruption, std::move(m)}; }
  static Status unsupported(std::string m) { return {StatusCode::kUnsupported, std::move(m)}; }
  static Status out_of_memory(std::string m) { return {StatusCode::kOutOfMemory, std::move(m)}; }
  static Status aborted(std::string m) { return {StatusCode::kAborted, std::move(m)}; }
  static Status duplicate(std::string m) { return {StatusCode::kDuplicate, std::move(m)}; }

  bool ok() const noexcept { return state_ == nullptr; }
  explicit operator bool() const noexcept { return ok(); }
  StatusCode code() const noexcept { return state_ ? state_->code : StatusCode::kOk; }
  bool is(StatusCode code) const noexcept { return this->code() == code; }
  // What went wrong and where; empty on success.
  std::string_view message() const noexcept {
    return state_ ? std::string_view(state_->message) : std::string_view();
  }
  // "corruption: 000007.table: page 3: checksum does not match"; "ok" on success.
  std::string to_string() const;

 private:
  struct State {
    StatusCode code;
    std::string message;
    bool shared = false;  // by all who have it, and never deleted
  };
  struct Deleter {
    void operator()(const State* state) const noexcept {
      if (!state->shared) delete state;
    }
  };
  using StatePointer = std::unique_ptr<const State, Deleter>;

  explicit Status(StatePointer state) noexcept : state_(std::move(state)) {}
  static StatePointer copy(const State& state);

  StatePointer state_;
};

}  // namespace ashlar
