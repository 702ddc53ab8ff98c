#include "world.h"

bool	world_on_postgres;

/* Everything that touches the store, once more on the other engine. */
void	(test_account__signs_in_by_mobile_and_mail)(void **state);
void	(test_account__unknown_and_wrong_answer_alike)(void **state);
void	(test_account__sessions_end)(void **state);
void	(test_account__passwords_have_rules)(void **state);
void	(test_account__forgotten_password_ends_sessions)(void **state);
void	(test_account__ukey_challenge_is_good_once)(void **state);
void	(test_bundle__offers_those_in_the_window)(void **state);
void	(test_bundle__all_or_none_is_begun)(void **state);
void	(test_bundle__five_wrong_answers_a_day)(void **state);
void	(test_bundle__paid_once_each_order_gets_its_share)(void **state);
void	(test_bundle__two_windows_get_one_trade_and_a_change_another)(void **state);
void	(test_bundle__one_is_cancelled_and_only_its_share_goes_back)(void **state);
void	(test_bundle__an_order_paid_alone_is_not_paid_twice)(void **state);
void	(test_bundle__another_amount_pays_nothing)(void **state);
void	(test_bundle__by_transfer_finance_confirms_once)(void **state);
void	(test_bundle__several_reminders_are_one_message)(void **state);
void	(test_bundle__the_bill_of_the_day_agrees)(void **state);
void	(test_bundle__others_see_nothing_of_it)(void **state);
void	(test_blob__a_replaced_picture_goes_after_thirty_days)(void **state);
void	(test_blob__pictures_of_a_draft_go_with_it)(void **state);
void	(test_account__one_challenge_for_one_of_many_at_once)(void **state);
void	(test_code__burns_after_five_wrong_tries)(void **state);
void	(test_code__a_clock_that_ran_ahead_locks_nobody_out)(void **state);
void	(test_code__one_captcha_for_one_of_many_at_once)(void **state);
void	(test_form__each_bad_field_gets_its_sentence)(void **state);
void	(test_form__values_are_normalised)(void **state);
void	(test_form__person_id_must_agree_with_the_sex)(void **state);
void	(test_form__user_names_are_unique)(void **state);
void	(test_invoice__asked_for_issued_and_sent)(void **state);
void	(test_invoice__others_see_nothing)(void **state);
void	(test_invoice__only_paid_orders_in_time)(void **state);
void	(test_invoice__a_special_one_names_the_buyer_wholly)(void **state);
void	(test_invoice__a_failed_one_is_mended_or_dropped)(void **state);
void	(test_invoice__another_amount_is_not_told_as_issued)(void **state);
void	(test_invoice__a_refund_takes_it_back)(void **state);
void	(test_invoice__of_several_the_others_get_another)(void **state);
void	(test_invoice__finance_issues_it_anew)(void **state);
void	(test_invoice__given_up_is_asked_again_as_it_was)(void **state);
void	(test_invoice__refunded_at_the_same_moment)(void **state);
void	(test_handler__handed_over_with_both_codes)(void **state);
void	(test_handler__everything_moves_and_the_old_one_sees_nothing)(void **state);
void	(test_handler__an_offer_lasts_seven_days)(void **state);
void	(test_handler__found_by_name_and_number_only)(void **state);
void	(test_handler__taken_over_from_two_accounts)(void **state);
void	(test_handler__each_of_two_old_handlers_may_object)(void **state);
void	(test_handler__warned_at_the_number_of_today)(void **state);
void	(test_handler__a_page_beyond_all_numbers)(void **state);
void	(test_journey__organisation_downloads)(void **state);
void	(test_journey__returned_mended_made_and_shipped)(void **state);
void	(test_journey__others_see_nothing)(void **state);
void	(test_certificate__the_holder_thaws_with_key_and_code)(void **state);
void	(test_certificate__a_text_is_good_for_ten_minutes)(void **state);
void	(test_certificate__staff_thaw_and_revoke_by_two)(void **state);
void	(test_certificate__one_operation_at_a_time)(void **state);
void	(test_certificate__the_ukey_of_a_change_is_the_old_one)(void **state);
void	(test_clock__a_code_lives_no_longer)(void **state);
void	(test_clock__a_passed_way_is_not_used_longer)(void **state);
void	(test_clock__a_petition_is_carried_out_once)(void **state);
void	(test_certificate__begun_by_the_system)(void **state);
void	(test_medium__a_batch_is_received_whole)(void **state);
void	(test_medium__holds_one_lasting_certificate)(void **state);
void	(test_medium__a_reissue_wants_another_ukey)(void **state);
void	(test_medium__warranty_from_its_issue)(void **state);
void	(test_order__numbers_are_dates_and_luck)(void **state);
void	(test_order__steps_come_in_order)(void **state);
void	(test_order__a_changed_form_is_confirmed_again)(void **state);
void	(test_order__random_events_follow_the_table)(void **state);
void	(test_order__status_needs_number_and_phone)(void **state);
void	(test_agent__follows_the_number)(void **state);
void	(test_agent__follows_in_all_orders)(void **state);
void	(test_certificate__what_happened_to_it)(void **state);
void	(test_invoice__a_red_letter_keeps_its_reason)(void **state);
void	(test_order__lists_by_operation_and_payment)(void **state);
void	(test_order_enter__once_and_for_ten_minutes)(void **state);
void	(test_order_enter__only_whose_phone_it_is)(void **state);
void	(test_parcel__ordered_once_a_time)(void **state);
void	(test_parcel__signed_for_once)(void **state);
void	(test_parcel__others_waybills_are_not_followed)(void **state);
void	(test_payment__facts_in_any_order_and_number)(void **state);
void	(test_payment__another_amount_is_set_aside)(void **state);
void	(test_payment__cancelled_orders_give_money_back)(void **state);
void	(test_payment__facts_of_strangers_change_nothing)(void **state);
void	(test_payment__transfer_is_confirmed_by_finance)(void **state);
void	(test_payment__one_bank_entry_pays_one_order)(void **state);
void	(test_payment__one_bank_entry_of_two_clerks_at_once)(void **state);
void	(test_proof__register_phone_and_code)(void **state);
void	(test_proof__a_refusal_says_what_differs)(void **state);
void	(test_proof__five_tries_a_day)(void **state);
void	(test_proof__three_codes_of_a_remittance)(void **state);
void	(test_proof__a_remittance_is_waited_for)(void **state);
void	(test_proof__lost_transfers_are_told)(void **state);
void	(test_proof__a_changed_name_is_proved_again)(void **state);
void	(test_proof__an_unlocking_may_use_an_earlier_one)(void **state);
void	(test_proof__the_statement_knows_better)(void **state);
void	(test_proof__remittances_are_for_finance)(void **state);
void	(test_proof__long_words_of_the_bank_are_cut_between_characters)(void **state);
void	(test_petition__the_number_changes_after_the_waiting_to_the_millisecond)(void **state);
void	(test_petition__due_at_its_millisecond)(void **state);
void	(test_petition__the_old_channel_stops_it)(void **state);
void	(test_petition__signed_in_the_account_stops_it_by_its_number)(void **state);
void	(test_petition__refused_taken_back_or_out_of_date)(void **state);
void	(test_petition__an_unknown_account_is_only_told_to_staff)(void **state);
void	(test_petition__nobody_decides_about_oneself)(void **state);
void	(test_petition__two_reviewers_where_the_hall_says_so)(void **state);
void	(test_petition__limits_and_drafts_of_a_day)(void **state);
void	(test_petition__returned_mended_and_filed_again)(void **state);
void	(test_petition__a_picture_is_not_swapped_while_it_is_filed)(void **state);
void	(test_petition__what_comes_back_from_the_second_reviewer_begins_anew)(void **state);
void	(test_petition__filings_are_counted_alike_for_nobodys_account)(void **state);
void	(test_sign_in__told_of_what_is_new_and_not_too_often)(void **state);
void	(test_sign_in__switched_off)(void **state);
void	(test_relying__who_hears_what)(void **state);
void	(test_relying__secrets_and_ends)(void **state);
void	(test_lost__phone_and_number_together)(void **state);
void	(test_lost__a_ticket_is_ones_own_for_ten_minutes)(void **state);
void	(test_recover__signed_by_two_within_three_days)(void **state);
void	(test_recover__lapses)(void **state);
void	(test_recover__who_may)(void **state);
void	(test_unlock__proves_by_two_at_least)(void **state);
void	(test_unlock__the_question_has_five_tries_a_day)(void **state);
void	(test_unlock__a_link_is_good_once_and_for_half_an_hour)(void **state);
void	(test_unlock__only_the_ukey_of_the_certificate)(void **state);
void	(test_unlock__the_answer_is_for_an_approved_order)(void **state);
void	(test_unlock__a_lapsed_answer_is_reviewed_again)(void **state);
void	(test_unlock__a_frozen_certificate_is_not_unlocked)(void **state);

void
test_postgres__runs_the_same_tests(void **state)
{
	static void	(*const tests[])(void **) = {
		test_account__signs_in_by_mobile_and_mail,
		test_account__unknown_and_wrong_answer_alike,
		test_account__sessions_end,
		test_account__passwords_have_rules,
		test_account__forgotten_password_ends_sessions,
		test_account__ukey_challenge_is_good_once,
		test_bundle__offers_those_in_the_window,
		test_bundle__all_or_none_is_begun,
		test_bundle__five_wrong_answers_a_day,
		test_bundle__paid_once_each_order_gets_its_share,
		test_bundle__two_windows_get_one_trade_and_a_change_another,
		test_bundle__one_is_cancelled_and_only_its_share_goes_back,
		test_bundle__an_order_paid_alone_is_not_paid_twice,
		test_bundle__another_amount_pays_nothing,
		test_bundle__by_transfer_finance_confirms_once,
		test_bundle__several_reminders_are_one_message,
		test_bundle__the_bill_of_the_day_agrees,
		test_bundle__others_see_nothing_of_it,
		test_blob__a_replaced_picture_goes_after_thirty_days,
		test_blob__pictures_of_a_draft_go_with_it,
		test_account__one_challenge_for_one_of_many_at_once,
		test_code__burns_after_five_wrong_tries,
		test_code__a_clock_that_ran_ahead_locks_nobody_out,
		test_code__one_captcha_for_one_of_many_at_once,
		test_form__each_bad_field_gets_its_sentence,
		test_form__values_are_normalised,
		test_form__person_id_must_agree_with_the_sex,
		test_form__user_names_are_unique,
		test_invoice__asked_for_issued_and_sent,
		test_invoice__others_see_nothing,
		test_invoice__only_paid_orders_in_time,
		test_invoice__a_special_one_names_the_buyer_wholly,
		test_invoice__a_failed_one_is_mended_or_dropped,
		test_invoice__another_amount_is_not_told_as_issued,
		test_invoice__a_refund_takes_it_back,
		test_invoice__of_several_the_others_get_another,
		test_invoice__finance_issues_it_anew,
		test_invoice__given_up_is_asked_again_as_it_was,
		test_invoice__refunded_at_the_same_moment,
		test_handler__handed_over_with_both_codes,
		test_handler__everything_moves_and_the_old_one_sees_nothing,
		test_handler__an_offer_lasts_seven_days,
		test_handler__found_by_name_and_number_only,
		test_handler__taken_over_from_two_accounts,
		test_handler__each_of_two_old_handlers_may_object,
		test_handler__warned_at_the_number_of_today,
		test_handler__a_page_beyond_all_numbers,
		test_journey__organisation_downloads,
		test_journey__returned_mended_made_and_shipped,
		test_journey__others_see_nothing,
		test_certificate__the_holder_thaws_with_key_and_code,
		test_certificate__a_text_is_good_for_ten_minutes,
		test_certificate__staff_thaw_and_revoke_by_two,
		test_certificate__one_operation_at_a_time,
		test_certificate__the_ukey_of_a_change_is_the_old_one,
		test_clock__a_code_lives_no_longer,
		test_clock__a_passed_way_is_not_used_longer,
		test_clock__a_petition_is_carried_out_once,
		test_certificate__begun_by_the_system,
		test_medium__a_batch_is_received_whole,
		test_medium__holds_one_lasting_certificate,
		test_medium__a_reissue_wants_another_ukey,
		test_medium__warranty_from_its_issue,
		test_order__numbers_are_dates_and_luck,
		test_order__steps_come_in_order,
		test_order__a_changed_form_is_confirmed_again,
		test_order__random_events_follow_the_table,
		test_order__status_needs_number_and_phone,
		test_agent__follows_the_number,
		test_agent__follows_in_all_orders,
		test_certificate__what_happened_to_it,
		test_invoice__a_red_letter_keeps_its_reason,
		test_order__lists_by_operation_and_payment,
		test_order_enter__once_and_for_ten_minutes,
		test_order_enter__only_whose_phone_it_is,
		test_parcel__ordered_once_a_time,
		test_parcel__signed_for_once,
		test_parcel__others_waybills_are_not_followed,
		test_payment__facts_in_any_order_and_number,
		test_payment__another_amount_is_set_aside,
		test_payment__cancelled_orders_give_money_back,
		test_payment__facts_of_strangers_change_nothing,
		test_payment__transfer_is_confirmed_by_finance,
		test_payment__one_bank_entry_pays_one_order,
		test_payment__one_bank_entry_of_two_clerks_at_once,
		test_proof__register_phone_and_code,
		test_proof__a_refusal_says_what_differs,
		test_proof__five_tries_a_day,
		test_proof__three_codes_of_a_remittance,
		test_proof__a_remittance_is_waited_for,
		test_proof__lost_transfers_are_told,
		test_proof__a_changed_name_is_proved_again,
		test_proof__an_unlocking_may_use_an_earlier_one,
		test_proof__the_statement_knows_better,
		test_proof__remittances_are_for_finance,
		test_proof__long_words_of_the_bank_are_cut_between_characters,
		test_petition__the_number_changes_after_the_waiting_to_the_millisecond,
		test_petition__due_at_its_millisecond,
		test_petition__the_old_channel_stops_it,
		test_petition__signed_in_the_account_stops_it_by_its_number,
		test_petition__refused_taken_back_or_out_of_date,
		test_petition__an_unknown_account_is_only_told_to_staff,
		test_petition__nobody_decides_about_oneself,
		test_petition__two_reviewers_where_the_hall_says_so,
		test_petition__limits_and_drafts_of_a_day,
		test_petition__returned_mended_and_filed_again,
		test_petition__a_picture_is_not_swapped_while_it_is_filed,
		test_petition__what_comes_back_from_the_second_reviewer_begins_anew,
		test_petition__filings_are_counted_alike_for_nobodys_account,
		test_sign_in__told_of_what_is_new_and_not_too_often,
		test_sign_in__switched_off,
		test_relying__who_hears_what, test_relying__secrets_and_ends,
		test_lost__phone_and_number_together,
		test_lost__a_ticket_is_ones_own_for_ten_minutes,
		test_recover__signed_by_two_within_three_days, test_recover__lapses,
		test_recover__who_may,
		test_unlock__proves_by_two_at_least,
		test_unlock__the_question_has_five_tries_a_day,
		test_unlock__a_link_is_good_once_and_for_half_an_hour,
		test_unlock__only_the_ukey_of_the_certificate,
		test_unlock__the_answer_is_for_an_approved_order,
		test_unlock__a_lapsed_answer_is_reviewed_again,
		test_unlock__a_frozen_certificate_is_not_unlocked,
	};
	size_t	i = 0;

	if (getenv("YINXIN_TEST_PG") == NULL)
		return;
	world_on_postgres = true;
	for (i = 0; i < ARRAY_LEN(tests); i++)
		tests[i](state);
	world_on_postgres = false;
}
