#include "tools/interrupt.h"

#include <csignal>

namespace ashlar::tools {

namespace {

volatile std::sig_atomic_t signal_seen = 0;

void remember_signal(int) {
  signal_seen = 1;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = remember_signal;
  // One chance to end in good order; no SA_RESTART, so that a read from the terminal returns.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void forget_interrupt() {
  signal_seen = 0;
  catch_interrupts();
}

bool interrupted() {
  return signal_seen != 0;
}

}  // namespace ashlar::tools
