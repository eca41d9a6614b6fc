/** In the path of a tag's webhook, `/inject/revision-tag/prod`: the tag by which the pod asked for whoever is called. */
export const tagParameter = 'revision-tag';
