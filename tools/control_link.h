// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "config/json.h"
#include "controlplane/http/local_client.h"
#include "tools/exit_code.h"

namespace mimir::tools {

/// Asks a running appliance at its control socket, for the commands that steer it. Why there
/// is no answer is said on standard error.
class ControlLink {
 public:
  /// To `socket`; if that is empty, to the one that the configuration names; without one, to
  /// /run/mimir/control.sock. Nothing if the configuration cannot be read or names none.
  [[nodiscard]] static std::optional<ControlLink> open(const std::string& config_path,
                                                       const std::string& socket);

  /// Nothing if nobody answered.
  [[nodiscard]] std::optional<controlplane::LocalAnswer> fetch(bool is_post,
                                                               const std::string& target,
                                                               const std::string& body = {}) const;
  /// Nothing if there was no answer or a refusal.
  [[nodiscard]] std::optional<config::Json> ask(bool is_post, const std::string& target,
                                                const std::string& body = {}) const;
  /// Has it read its files again, and waits until what they say is in force. `text`: what is,
  /// or why it was refused, for people. kUsage: it was refused.
  [[nodiscard]] ExitCode reload(std::string& text) const;
  /// Whether nobody answers any more.
  [[nodiscard]] bool has_ended() const;

 private:
  explicit ControlLink(std::string socket) : socket_(std::move(socket)) {}

  std::string socket_;
};

/// How long to rest before asking again how far something has come.
void rest_before_asking_again();

}  // namespace mimir::tools
