// Whether a text holds certificates. The only place in the manager that knows OpenSSL.
#pragma once

#include <string>

namespace sluice::manager {

// At least one certificate, and nothing in PEM form that cannot be read as one.
bool holds_certificates(const std::string& pem);

}  // namespace sluice::manager
