// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mimir::controlplane {

/// Files that this process makes from here on are for its user and group alone: mode 0640,
/// folders 0750.
void keep_files_private();

/// Whether there is such a user.
[[nodiscard]] bool is_user(const std::string& name);

/// Becomes `user`, with its groups and without any capability, for good and in every thread.
/// What is open stays open. Does nothing if this process is not root's. False, with what
/// went wrong in `fault`, if it still is root after that.
[[nodiscard]] bool drop_privileges(const std::string& user, std::string& fault);

}  // namespace mimir::controlplane
