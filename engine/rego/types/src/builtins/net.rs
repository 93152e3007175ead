//! Networks, HTTP and cloud providers.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("http.send", "request: object[string: any] => response: object[any: any]").nondeterministic().contextual(),
    builtin("net.cidr_contains", "cidr: string, cidr_or_ip: string => result: boolean"),
    builtin("net.cidr_contains_matches", "cidrs: any<string, array[any<string, array[any]>], object[string: any<string, array[any]>], set[any<string, array[any]>]>, cidrs_or_ips: any<string, array[any<string, array[any]>], object[string: any<string, array[any]>], set[any<string, array[any]>]> => output: set[array<any, any>]"),
    builtin("net.cidr_expand", "cidr: string => hosts: set[string]").contextual(),
    builtin("net.cidr_intersects", "cidr1: string, cidr2: string => result: boolean"),
    builtin("net.cidr_is_valid", "cidr: string => result: boolean"),
    builtin("net.cidr_merge", "addrs: any<array[any<string>], set[string]> => output: set[string]"),
    builtin("net.cidr_overlap", "string, string => boolean").deprecated(),
    builtin("net.lookup_ip_addr", "name: string => addrs: set[string]").nondeterministic().contextual(),
    builtin("providers.aws.sign_req", "request: object[string: any], aws_config: object[string: any], time_ns: number => signed_request: object[any: any]").of(&["providers.aws"]),
];
