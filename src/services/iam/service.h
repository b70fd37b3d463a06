// AWS IAM: roles, users, access keys and the policies that say what they may do.
#pragma once

#include "contracts/iam.h"
#include "contracts/identity.h"
#include "contracts/resource.h"
#include "services/iam/storage.h"

namespace cumulet::iam {

class Service final : public aws::iam::Api {
  public:
    explicit Service(store::Store& store) : store_(store) {}

    // roles.cc
    Task<aws::iam::CreateRoleResponse> create_role(Call& call, aws::iam::CreateRoleRequest request) override;
    Task<aws::iam::GetRoleResponse> get_role(Call& call, aws::iam::GetRoleRequest request) override;
    Task<aws::iam::ListRolesResponse> list_roles(Call& call, aws::iam::ListRolesRequest request) override;
    Task<aws::iam::DeleteRoleResponse> delete_role(Call& call, aws::iam::DeleteRoleRequest request) override;
    Task<aws::iam::UpdateRoleResponse> update_role(Call& call, aws::iam::UpdateRoleRequest request) override;
    Task<aws::iam::UpdateAssumeRolePolicyResponse> update_assume_role_policy(
        Call& call, aws::iam::UpdateAssumeRolePolicyRequest request) override;
    Task<aws::iam::TagRoleResponse> tag_role(Call& call, aws::iam::TagRoleRequest request) override;
    Task<aws::iam::UntagRoleResponse> untag_role(Call& call, aws::iam::UntagRoleRequest request) override;
    Task<aws::iam::ListRoleTagsResponse> list_role_tags(Call& call, aws::iam::ListRoleTagsRequest request) override;
    Task<aws::iam::ListInstanceProfilesForRoleResponse> list_instance_profiles_for_role(
        Call& call, aws::iam::ListInstanceProfilesForRoleRequest request) override;

    // users.cc
    Task<aws::iam::CreateUserResponse> create_user(Call& call, aws::iam::CreateUserRequest request) override;
    Task<aws::iam::GetUserResponse> get_user(Call& call, aws::iam::GetUserRequest request) override;
    Task<aws::iam::ListUsersResponse> list_users(Call& call, aws::iam::ListUsersRequest request) override;
    Task<aws::iam::DeleteUserResponse> delete_user(Call& call, aws::iam::DeleteUserRequest request) override;
    Task<aws::iam::CreateAccessKeyResponse> create_access_key(Call& call,
                                                              aws::iam::CreateAccessKeyRequest request) override;
    Task<aws::iam::DeleteAccessKeyResponse> delete_access_key(Call& call,
                                                              aws::iam::DeleteAccessKeyRequest request) override;
    Task<aws::iam::ListAccessKeysResponse> list_access_keys(Call& call,
                                                            aws::iam::ListAccessKeysRequest request) override;
    Task<aws::iam::UpdateAccessKeyResponse> update_access_key(Call& call,
                                                              aws::iam::UpdateAccessKeyRequest request) override;

    // entity_policies.cc
    Task<aws::iam::PutRolePolicyResponse> put_role_policy(Call& call, aws::iam::PutRolePolicyRequest request) override;
    Task<aws::iam::GetRolePolicyResponse> get_role_policy(Call& call, aws::iam::GetRolePolicyRequest request) override;
    Task<aws::iam::DeleteRolePolicyResponse> delete_role_policy(Call& call,
                                                                aws::iam::DeleteRolePolicyRequest request) override;
    Task<aws::iam::ListRolePoliciesResponse> list_role_policies(Call& call,
                                                                aws::iam::ListRolePoliciesRequest request) override;
    Task<aws::iam::AttachRolePolicyResponse> attach_role_policy(Call& call,
                                                                aws::iam::AttachRolePolicyRequest request) override;
    Task<aws::iam::DetachRolePolicyResponse> detach_role_policy(Call& call,
                                                                aws::iam::DetachRolePolicyRequest request) override;
    Task<aws::iam::ListAttachedRolePoliciesResponse> list_attached_role_policies(
        Call& call, aws::iam::ListAttachedRolePoliciesRequest request) override;
    Task<aws::iam::PutUserPolicyResponse> put_user_policy(Call& call, aws::iam::PutUserPolicyRequest request) override;
    Task<aws::iam::GetUserPolicyResponse> get_user_policy(Call& call, aws::iam::GetUserPolicyRequest request) override;
    Task<aws::iam::DeleteUserPolicyResponse> delete_user_policy(Call& call,
                                                                aws::iam::DeleteUserPolicyRequest request) override;
    Task<aws::iam::ListUserPoliciesResponse> list_user_policies(Call& call,
                                                                aws::iam::ListUserPoliciesRequest request) override;
    Task<aws::iam::AttachUserPolicyResponse> attach_user_policy(Call& call,
                                                                aws::iam::AttachUserPolicyRequest request) override;
    Task<aws::iam::DetachUserPolicyResponse> detach_user_policy(Call& call,
                                                                aws::iam::DetachUserPolicyRequest request) override;
    Task<aws::iam::ListAttachedUserPoliciesResponse> list_attached_user_policies(
        Call& call, aws::iam::ListAttachedUserPoliciesRequest request) override;

    // policies.cc
    Task<aws::iam::CreatePolicyResponse> create_policy(Call& call, aws::iam::CreatePolicyRequest request) override;
    Task<aws::iam::GetPolicyResponse> get_policy(Call& call, aws::iam::GetPolicyRequest request) override;
    Task<aws::iam::DeletePolicyResponse> delete_policy(Call& call, aws::iam::DeletePolicyRequest request) override;
    Task<aws::iam::ListPoliciesResponse> list_policies(Call& call, aws::iam::ListPoliciesRequest request) override;
    Task<aws::iam::CreatePolicyVersionResponse> create_policy_version(
        Call& call, aws::iam::CreatePolicyVersionRequest request) override;
    Task<aws::iam::GetPolicyVersionResponse> get_policy_version(Call& call,
                                                                aws::iam::GetPolicyVersionRequest request) override;
    Task<aws::iam::DeletePolicyVersionResponse> delete_policy_version(
        Call& call, aws::iam::DeletePolicyVersionRequest request) override;
    Task<aws::iam::ListPolicyVersionsResponse> list_policy_versions(
        Call& call, aws::iam::ListPolicyVersionsRequest request) override;

    // identity.cc: what dispatch and STS ask
    /// The long-term key's credentials; nothing if it was never issued, or is inactive.
    Task<std::optional<contracts::Credentials>> find_credentials(std::string access_key_id);
    /// Identity policies and boundary of a user, or of the role behind a session.
    Task<contracts::PrincipalPolicies> policies_of(Principal principal);

    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

  private:
    store::Store& store_;
};

/// AWS::IAM::Role, AWS::IAM::Policy and AWS::IAM::ManagedPolicy.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::iam
