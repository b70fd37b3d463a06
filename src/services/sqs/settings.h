// What the operator of a cloud chooses about its queues.
#pragma once

#include "services/sqs/address.h"

namespace cumulet::sqs {

struct Settings {
    UrlForm url_form = UrlForm::caller;
    bool purge_pauses = false;         ///< a queue may be purged once in 60 seconds, as at AWS
    bool deleted_names_pause = false;  ///< a deleted queue's name is free after 60 seconds, as at AWS
};

}  // namespace cumulet::sqs
