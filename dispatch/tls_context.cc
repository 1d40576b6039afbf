#include "dispatch/tls_context.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "dispatch/connection_log.h"
#include "dispatch/openssl/library.h"

namespace overtake {

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Create(const TlsOptions& options) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string file = (program.parent_path() / OVERTAKE_TLS_LIBRARY).lexically_normal();
  // Never unloaded: OpenSSL leaves behind what runs when a thread or the process ends.
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const create = library == nullptr ? nullptr : dlsym(library, kCreateTlsContext);
  if (create == nullptr) return absl::UnavailableError(absl::StrCat("TLS: ", dlerror()));
  std::unique_ptr<TlsContext> context(
      reinterpret_cast<CreateTlsContext*>(create)(options, LogClosing));
  if (absl::Status status = context->Refresh(); !status.ok()) return status;
  return context;
}

absl::Status TlsContext::Refresh() {
  const std::string wrong = Load();
  return wrong.empty() ? absl::OkStatus() : absl::InvalidArgumentError(wrong);
}

}  // namespace overtake
