// SPDX-License-Identifier: Apache-2.0
#include "controlplane/service_manager.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace mimir::controlplane {

namespace {

constexpr TimeNs kNsPerMicrosecond = 1000;

std::string variable(const char* name) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe) before threads
  return text == nullptr ? std::string() : std::string(text);
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (text.empty() || error != std::errc() || end != last) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  const auto pid = number(variable("WATCHDOG_PID"));
  const bool is_ours = !pid || *pid == getpid();
  const auto watchdog_us = number(variable("WATCHDOG_USEC"));
  return {variable("NOTIFY_SOCKET"), is_ours ? watchdog_us.value_or(0) * kNsPerMicrosecond : 0};
}

void ServiceManager::feed(std::span<const std::uint64_t> progress, TimeNs now_ns) {
  if (watchdog_ns_ <= 0) return;
  if (fed_ns_ && now_ns - *fed_ns_ < watchdog_ns_ / 2) return;
  const bool is_first = fed_with_.size() != progress.size();
  if (!is_first) {
    for (std::size_t i = 0; i < progress.size(); ++i) {
      if (progress[i] == fed_with_[i]) return;
    }
  }
  fed_with_.assign(progress.begin(), progress.end());
  fed_ns_ = now_ns;
  send("WATCHDOG=1");
}

void ServiceManager::send(const std::string& message) const {
  sockaddr_un address{};
  const bool is_sound = (socket_path_.starts_with('/') || socket_path_.starts_with('@')) &&
                        socket_path_.size() < sizeof address.sun_path;
  if (!is_sound) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
  if (socket_path_.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path_.size());
  // Whoever does not listen any more is no reason to stop.
  (void)sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&address), bytes);
  (void)close(descriptor);
}

}  // namespace mimir::controlplane
