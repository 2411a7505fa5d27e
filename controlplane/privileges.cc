// SPDX-License-Identifier: Apache-2.0
#include "controlplane/privileges.h"

#include <cerrno>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mimir::controlplane {

namespace {

constexpr mode_t kOthers = 0027;

bool fail(std::string& fault, const std::string& what) {
  fault = what + ": " + std::strerror(errno);
  return false;
}

}  // namespace

void keep_files_private() { (void)umask(umask(kOthers) | kOthers); }

bool is_user(const std::string& name) {
  return getpwnam(name.c_str()) != nullptr;  // NOLINT(concurrency-mt-unsafe) before threads
}

bool drop_privileges(const std::string& user, std::string& fault) {
  if (geteuid() != 0) return true;
  const passwd* const entry = getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (entry == nullptr) {
    fault = "there is no user " + user;
    return false;
  }
  // The C library makes each of these three hold for every thread of the process.
  if (initgroups(user.c_str(), entry->pw_gid) != 0) return fail(fault, "its groups");
  if (setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0) return fail(fault, "its group");
  if (setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) return fail(fault, "the user");
  if (entry->pw_uid != 0 && setuid(0) == 0) {
    fault = "root can be taken back";
    return false;
  }
  (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return true;
}

}  // namespace mimir::controlplane
