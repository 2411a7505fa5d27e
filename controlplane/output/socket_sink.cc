// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/socket_sink.h"

#include <cerrno>
#include <cstring>
#include <linux/sockios.h>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace mimir::controlplane {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{5000};
constexpr std::chrono::milliseconds kDrainRest{1};

std::string error_text(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

/// Whether the socket becomes ready for `events` in time.
bool wait_for(int socket, short events) {
  pollfd ready{.fd = socket, .events = events, .revents = 0};
  return poll(&ready, 1, static_cast<int>(kPatience.count())) == 1;
}

}  // namespace

SocketSink::SocketSink(SinkTarget target, std::string ca_path, SyslogOrigin origin)
    : target_(std::move(target)), ca_path_(std::move(ca_path)), origin_(std::move(origin)) {}

SocketSink::~SocketSink() { disconnect(); }

bool SocketSink::is_stream() const {
  return target_.kind == SinkKind::kSyslogTcp || target_.kind == SinkKind::kUnixStream;
}

std::string SocketSink::frame(const std::string& line) const {
  if (target_.kind == SinkKind::kUnixStream) return line + '\n';
  const std::string message = to_syslog(line, origin_);
  if (target_.kind != SinkKind::kSyslogTcp) return message;
  return fmt::format("{} {}", message.size(), message);
}

void SocketSink::disconnect() {
  if (tls_ == nullptr && socket_ >= 0) (void)close(socket_);
  tls_.reset();
  socket_ = -1;
}

bool SocketSink::connect_to(int family, int type, const void* address, unsigned length,
                            std::string& fault) {
  disconnect();
  socket_ = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) {
    fault = error_text("no socket");
    return false;
  }
  const auto* const generic = static_cast<const sockaddr*>(address);
  if (::connect(socket_, generic, length) != 0) {
    int error = errno;
    if (error == EINPROGRESS) {
      error = wait_for(socket_, POLLOUT) ? 0 : ETIMEDOUT;
      socklen_t size = sizeof(error);
      if (error == 0) (void)getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) {
      errno = error;
      fault = error_text("cannot connect");
      disconnect();
      return false;
    }
  }
  seen_alive_ = Clock::now();
  return true;
}

bool SocketSink::open_unix(std::string& fault) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, target_.path.data(),
              std::min(target_.path.size(), sizeof(address.sun_path) - 1));
  return connect_to(AF_UNIX, is_stream() ? SOCK_STREAM : SOCK_DGRAM, &address, sizeof(address),
                    fault);
}

bool SocketSink::open_internet(std::string& fault) {
  addrinfo hints{};
  hints.ai_socktype = is_stream() ? SOCK_STREAM : SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(target_.host.c_str(), target_.port.c_str(), &hints, &list);
  if (error != 0) {
    fault = fmt::format("{} has no address: {}", target_.host, gai_strerror(error));
    return false;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    if (connect_to(each->ai_family, each->ai_socktype, each->ai_addr, each->ai_addrlen, fault)) {
      fault.clear();  // of the addresses before this one
      return true;
    }
  }
  return false;
}

bool SocketSink::connect(std::string& fault) {
  if (socket_ >= 0) return true;
  const bool is_unix =
      target_.kind == SinkKind::kSyslogUnix || target_.kind == SinkKind::kUnixStream;
  if (is_unix) return open_unix(fault);
  if (!target_.is_tls) return open_internet(fault);
  tls_ = TlsStream::open({.host = target_.host, .port = target_.port, .ca_path = ca_path_}, fault);
  if (tls_ == nullptr) return false;
  socket_ = tls_->socket();
  seen_alive_ = Clock::now();
  return true;
}

bool SocketSink::has_gone() {
  if (tls_ != nullptr) return tls_->has_gone();
  pollfd state{.fd = socket_, .events = POLLIN, .revents = 0};
  if (poll(&state, 1, 0) <= 0) return false;
  if ((state.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return true;
  // What a receiver of syslog says is of no interest; that it says nothing more is.
  char byte = 0;
  ssize_t got = 0;
  while ((got = recv(socket_, &byte, 1, MSG_DONTWAIT)) > 0) {
  }
  return got == 0 || (errno != EAGAIN && errno != EINTR);
}

bool SocketSink::look() {
  if (socket_ < 0 || !is_stream()) return doubtful_.empty();
  if (!has_gone()) {
    seen_alive_ = Clock::now();
    forget_certain();
    return true;
  }
  disconnect();
  return doubtful_.empty();
}

void SocketSink::forget_certain() {
  while (!doubtful_.empty() && doubtful_.front().when + kDoubt < seen_alive_) {
    doubtful_.pop_front();
  }
}

std::size_t SocketSink::put(std::string_view bytes, std::string& fault) {
  if (tls_ != nullptr) return tls_->send(bytes, fault);
  const ssize_t taken = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (taken > 0) return static_cast<std::size_t>(taken);
  if (errno != EAGAIN && errno != EINTR) fault = error_text("it takes nothing");
  return 0;
}

bool SocketSink::send_stream(const std::string& bytes, std::string& fault) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t taken = put(rest, fault);
    rest.remove_prefix(taken);
    if (!fault.empty()) return false;
    if (taken == 0 && !wait_for(socket_, POLLOUT)) {
      fault = "it takes nothing";
      return false;
    }
  }
  return true;
}

bool SocketSink::drain(std::string& fault) {
  const Clock::time_point deadline = Clock::now() + kPatience;
  int waiting = 0;
  while (ioctl(socket_, SIOCOUTQ, &waiting) == 0 && waiting > 0) {
    if (has_gone() || Clock::now() >= deadline) {
      fault = "it does not take what was sent";
      return false;
    }
    std::this_thread::sleep_for(kDrainRest);
  }
  return true;
}

Delivery SocketSink::deliver_stream(std::span<const std::string> lines) {
  Delivery delivery;
  if (socket_ >= 0 && has_gone()) disconnect();
  const bool is_new = socket_ < 0;
  bool is_well = connect(delivery.fault);
  if (is_well && is_new) {
    for (const Sent& sent : doubtful_) {
      is_well = is_well && send_stream(sent.bytes, delivery.fault);
    }
  }
  std::size_t sent_count = 0;
  for (const std::string& line : lines) {
    std::string bytes = frame(line);
    is_well = is_well && send_stream(bytes, delivery.fault);
    if (!is_well) break;
    ++sent_count;
    if (target_.kind == SinkKind::kSyslogTcp) {
      doubtful_.push_back({.when = Clock::now(), .bytes = std::move(bytes)});
    }
  }
  if (!is_well || !drain(delivery.fault)) {
    // They stay in the spool, which gives them again.
    doubtful_.resize(doubtful_.size() - std::min(doubtful_.size(), sent_count));
    disconnect();
    return delivery;
  }
  delivery.arrived = sent_count;
  seen_alive_ = Clock::now();
  forget_certain();
  return delivery;
}

Delivery SocketSink::deliver_datagrams(std::span<const std::string> lines) {
  Delivery delivery;
  for (const std::string& line : lines) {
    if (!connect(delivery.fault)) return delivery;
    const std::string message = frame(line);
    ssize_t put = send(socket_, message.data(), message.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EAGAIN && wait_for(socket_, POLLOUT)) {
      put = send(socket_, message.data(), message.size(), MSG_NOSIGNAL);
    }
    if (put >= 0) {
      ++delivery.arrived;
    } else if (errno == EMSGSIZE) {
      ++delivery.refused;
    } else {
      delivery.fault = error_text("it takes nothing");
      disconnect();
      return delivery;
    }
  }
  return delivery;
}

Delivery SocketSink::deliver(std::span<const std::string> lines) {
  return is_stream() ? deliver_stream(lines) : deliver_datagrams(lines);
}

}  // namespace mimir::controlplane
