// A model group of the registry, chosen or named anew.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import FormField from "@cloudscape-design/components/form-field";
import { useQuery } from "@tanstack/react-query";

import { ApiError, sagemaker } from "../api/client";

export const GROUP_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

export async function ensureGroup(name: string) {
  try {
    await sagemaker("CreateModelPackageGroup", { ModelPackageGroupName: name });
  } catch (error) {
    if (!(error instanceof ApiError && error.message.includes("already exists"))) throw error;
  }
}

export function GroupField({ label, description, value, change }: { label: string; description: string; value: string; change: (value: string) => void }) {
  const groups = useQuery({
    queryKey: ["list", "ModelPackageGroup", "names", value],
    queryFn: () => sagemaker<{ ModelPackageGroupSummaryList: { ModelPackageGroupName: string }[] }>("ListModelPackageGroups", { NameContains: GROUP_NAME.test(value) ? value : undefined, MaxResults: 50 }),
    placeholderData: (old) => old,
  });
  return (
    <FormField label={label} description={description} errorText={value && !GROUP_NAME.test(value) ? "Letters, digits and single dashes between them; 63 at most." : undefined}>
      <Autosuggest
        value={value}
        options={(groups.data?.ModelPackageGroupSummaryList ?? []).map((one) => ({ value: one.ModelPackageGroupName }))}
        statusType={groups.isPending ? "loading" : "finished"}
        loadingText="Loading groups"
        empty="No group yet: the name you type makes one."
        onChange={({ detail }) => change(detail.value)}
        enteredTextLabel={(text) => `Use ${text}`}
        placeholder="churn"
      />
    </FormField>
  );
}
