//! What a return value of a PKCS#11 module means, and what is done about it.

use cryptoki::error::{Error, RvError};

use super::super::error::Call;
use super::super::{ErrorClass, Failure};

/// What to do before the call is tried once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing helps here.
    None,
    /// The session is thrown away; the call is not repeated.
    DropSession,
    /// Sessions, login and object handles are thrown away, and the call is repeated.
    Reconnect,
    /// The library is finalised and initialised again, and the call is repeated.
    Reinitialise,
}

/// A failed call with its remedy.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) failure: Box<Failure>,
    pub(super) remedy: Remedy,
    /// The return value, if it was one.
    pub(super) code: Option<RvError>,
}

impl Trouble {
    /// The token is gone, as far as this side can tell.
    pub(super) fn lost(failure: Failure) -> Self {
        Self { failure: Box::new(failure), remedy: Remedy::Reinitialise, code: None }
    }

    /// What the session gave is wrong; neither it nor the result is used.
    pub(super) fn bad_signature() -> Self {
        Self { failure: Box::new(Failure::BadSignature), remedy: Remedy::DropSession, code: None }
    }

    /// Whether the token means that it does not do it this way; another way may work.
    pub(super) fn is_about_the_way(&self) -> bool {
        use RvError as R;
        matches!(
            self.code,
            Some(
                R::MechanismInvalid
                    | R::MechanismParamInvalid
                    | R::ArgumentsBad
                    | R::FunctionNotSupported
                    | R::CurveNotSupported
                    | R::DomainParamsInvalid
                    | R::TemplateInconsistent
                    | R::TemplateIncomplete
                    | R::AttributeReadOnly
                    | R::AttributeTypeInvalid
                    | R::AttributeValueInvalid
                    | R::KeyFunctionNotPermitted
                    | R::KeyTypeInconsistent
                    | R::KeySizeRange
            )
        )
    }

    pub(super) fn asks_for_another_try(&self) -> bool {
        matches!(self.remedy, Remedy::Reconnect | Remedy::Reinitialise)
    }

    /// Whether the session it happened in may be in a state that the next call does not expect.
    pub(super) fn spoils_session(&self) -> bool {
        self.remedy != Remedy::None || matches!(*self.failure, Failure::Token { .. })
    }
}

/// A failure that no remedy of ours helps.
impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self { failure: Box::new(failure), remedy: Remedy::None, code: None }
    }
}

/// Gives an error of the module its meaning; `place` names token, slot and module.
pub(super) fn trouble(place: &str) -> impl Fn(Error) -> Trouble + '_ {
    move |error| {
        let Error::Pkcs11(code, _) = &error else { return unusable(&error, place) };
        let remedy = remedy(*code);
        let call = call_of(&error);
        let failure = match remedy {
            Remedy::Reinitialise | Remedy::Reconnect => {
                let advice = "It is reconnected by itself as soon as it answers; check its power, network and daemon";
                Failure::Away { what: format!("{call} on {place}"), advice }
            }
            Remedy::DropSession => {
                let advice = "Asking again may help; if it does not, look into the token's own log";
                Failure::Token { call, place: place.to_owned(), advice, class: ErrorClass::RetryHere }
            }
            Remedy::None => {
                let advice = "The token refuses this for good; see what its manual says about this function";
                Failure::Token { call, place: place.to_owned(), advice, class: ErrorClass::Never }
            }
        };
        Trouble { failure: Box::new(failure), remedy, code: Some(*code) }
    }
}

/// The function and return value that `error` tells of.
pub(super) fn call_of(error: &Error) -> Call {
    match error {
        Error::Pkcs11(code, function) => Call { function: format!("C_{function:?}"), code: code_name(*code) },
        other => Call { function: "the PKCS#11 module".to_owned(), code: other.to_string() },
    }
}

/// The PKCS#11 return value inside `error`.
pub(super) fn code_of(error: &Error) -> Option<RvError> {
    match error {
        Error::Pkcs11(code, _) => Some(*code),
        _ => None,
    }
}

fn unusable(error: &Error, place: &str) -> Trouble {
    let advice = "The module does not behave as PKCS#11 asks; see whether there is a newer version of it";
    let failure = Failure::Token { call: call_of(error), place: place.to_owned(), advice, class: ErrorClass::Never };
    failure.into()
}

fn remedy(code: RvError) -> Remedy {
    use RvError as R;
    match code {
        // Measured: after a lost connection new sessions fail as well, and only C_Finalize with C_Initialize helps.
        R::DeviceError
        | R::DeviceRemoved
        | R::TokenNotPresent
        | R::TokenNotRecognized
        | R::SlotIdInvalid
        | R::CryptokiNotInitialized
        | R::GeneralError => Remedy::Reinitialise,
        R::SessionHandleInvalid
        | R::SessionClosed
        | R::ObjectHandleInvalid
        | R::KeyHandleInvalid
        | R::UserNotLoggedIn => Remedy::Reconnect,
        // AWS CloudHSM says CKR_FUNCTION_FAILED when it throttles.
        R::FunctionFailed
        | R::FunctionCanceled
        | R::HostMemory
        | R::DeviceMemory
        | R::SessionCount
        | R::OperationActive
        | R::OperationNotInitialized => Remedy::DropSession,
        _ => Remedy::None,
    }
}

/// `CKR_DEVICE_ERROR` from `DeviceError`.
fn code_name(code: RvError) -> String {
    match code {
        RvError::VendorDefined(value) => format!("CKR_VENDOR_DEFINED ({value:#x})"),
        RvError::UnknownErrorCode(value) => format!("CKR {value:#x}"),
        named => {
            let mut name = "CKR".to_owned();
            for letter in format!("{named:?}").chars() {
                if letter.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn the_text_keeps_function_and_return_value() {
        let found = trouble("token \"a\"")(Error::Pkcs11(RvError::DeviceError, Function::Sign));
        assert_eq!(found.remedy, Remedy::Reinitialise);
        assert_eq!(found.failure.class(), ErrorClass::RetryElsewhere);
        let text = found.failure.to_string();
        assert!(text.contains("C_Sign answered CKR_DEVICE_ERROR on token \"a\""), "{text}");
    }

    #[test]
    fn codes_are_spelled_as_the_standard_spells_them() {
        assert_eq!(code_name(RvError::PinIncorrect), "CKR_PIN_INCORRECT");
        assert_eq!(code_name(RvError::CryptokiNotInitialized), "CKR_CRYPTOKI_NOT_INITIALIZED");
        assert_eq!(code_name(RvError::RandomNoRng), "CKR_RANDOM_NO_RNG");
        assert_eq!(code_name(RvError::VendorDefined(0x8000_0001)), "CKR_VENDOR_DEFINED (0x80000001)");
    }

    #[test]
    fn classes_follow_the_remedies() {
        let class = |code| trouble("here")(Error::Pkcs11(code, Function::Sign)).failure.class();
        assert_eq!(class(RvError::SessionHandleInvalid), ErrorClass::RetryElsewhere);
        assert_eq!(class(RvError::FunctionFailed), ErrorClass::RetryHere);
        assert_eq!(class(RvError::MechanismInvalid), ErrorClass::Never);
        assert_eq!(trouble("here")(Error::NullFunctionPointer).failure.class(), ErrorClass::Never);
    }
}
