// The keys of STS; nothing else knows them. A session is looked up before its account is known, so they begin with
// ("", "global", "sts").
//
//   "session" access key id     Session
#pragma once

#include "store/store.h"

namespace cumulet::sts {

/// Temporary credentials, and for whom.
struct Session {
    std::string access_key_id;  ///< ASIA…
    std::string secret_access_key;
    std::string session_token;
    std::string account;
    std::string arn;                    ///< arn:aws:sts::<account>:assumed-role/<role>/<session name>
    std::string user_id;                ///< AROA…:<session name>
    std::vector<std::string> policies;  ///< documents that limit the session
    Time expires;
};

Task<std::optional<Session>> find_session(store::Transaction& tx, std::string access_key_id);
void save_session(store::Transaction& tx, const Session& session);

}  // namespace cumulet::sts
